//! Reports for people and machines: one file per format, one line per format in [`FORMATS`].
//!
//! Everything that comes from a candidate is hostile text; each format escapes it, and redaction for the
//! author happens once, before a format sees the report.

mod author;
mod escape;
mod excerpt;
mod format;
mod github;
mod html;
mod json;
mod junit;
mod markdown;
mod markup;
mod place;
mod sarif;
mod tally;
mod text;
mod view;
mod words;

pub use escape::write_json;
pub use format::{Audience, Document, Format, Style, Writer, write_all};
pub use json::json_schema;
pub use tally::Tally;
pub use view::View;

/// Every format that `--format` takes, the default first.
pub const FORMATS: &[&dyn Format] = &[
    &text::Text,
    &json::Json,
    &sarif::Sarif,
    &junit::JUnit,
    &github::GitHub,
    &markdown::Markdown,
    &html::Html,
];

/// The format of that name.
pub fn format(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}

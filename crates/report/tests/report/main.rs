//! What each format writes for a realistic set of reports, and for a hostile one.

mod hostile;
mod limits;
mod samples;
mod schema;
mod snapshots;

use skillgate_model::Report;
use skillgate_report::{Style, format, write_all};

/// One whole document.
fn written(name: &str, style: Style, reports: &[Report]) -> String {
    let mut out = Vec::new();
    let format = format(name).expect("the format is in the list");
    write_all(format, style, reports, &mut out).expect("a vector takes every byte");
    String::from_utf8(out).expect("every format writes UTF-8")
}

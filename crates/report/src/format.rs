//! What every format offers, and the writer that feeds it report by report.

use std::io::{self, Write as _};

use skillgate_model::Report;

use crate::{Tally, View};

/// Who reads the report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Audience {
    /// The one who runs the gate; sees everything.
    #[default]
    Operator,
    /// The agent that wrote the skill; sees the verdict and the remedy, or it would learn to pass by trying.
    Author,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether colours may be used; the caller knows the terminal and `NO_COLOR`.
    pub color: bool,
    /// Columns of the terminal; 0 when unknown.
    pub width: usize,
    /// Show what was also seen and did not gate.
    pub verbose: bool,
    /// Show only what was quarantined, and why.
    pub quiet: bool,
    /// Who reads.
    pub audience: Audience,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            color: false,
            width: 100,
            verbose: false,
            quiet: false,
            audience: Audience::Operator,
        }
    }
}

/// An output format.
pub trait Format: Sync {
    /// The name that `--format` takes.
    fn name(&self) -> &'static str;
    /// Starts a document.
    fn document(&self, style: Style) -> Box<dyn Document>;
}

/// A document under way: any number of reports, then the end.
pub trait Document {
    /// Adds one report; formats whose summary comes first keep it until the end.
    fn report(&mut self, view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()>;
    /// Completes the document; `tally` covers all its reports.
    fn end(&mut self, tally: &Tally, out: &mut dyn io::Write) -> io::Result<()>;
}

/// Writes one document, report by report as results arrive.
///
/// Without [`Writer::finish`] the document is not complete, also when it holds no report.
pub struct Writer<'a> {
    document: Box<dyn Document>,
    audience: Audience,
    tally: Tally,
    out: io::BufWriter<&'a mut dyn io::Write>,
}

impl<'a> Writer<'a> {
    /// Starts a document on `out`.
    pub fn new(format: &dyn Format, style: Style, out: &'a mut dyn io::Write) -> Self {
        Self {
            document: format.document(style),
            audience: style.audience,
            tally: Tally::default(),
            out: io::BufWriter::new(out),
        }
    }

    /// Adds one report; what its format can already say of it is out when this returns.
    pub fn report(&mut self, report: &Report) -> io::Result<()> {
        let view = View::new(report, self.audience);
        self.tally.count(&view);
        self.document.report(&view, &mut self.out)?;
        self.out.flush()
    }

    /// Completes the document and says what was in it.
    pub fn finish(mut self) -> io::Result<Tally> {
        self.document.end(&self.tally, &mut self.out)?;
        self.out.flush()?;
        Ok(self.tally)
    }
}

/// Writes one whole document.
pub fn write_all<'a>(
    format: &dyn Format,
    style: Style,
    reports: impl IntoIterator<Item = &'a Report>,
    out: &mut dyn io::Write,
) -> io::Result<Tally> {
    let mut writer = Writer::new(format, style, out);
    for report in reports {
        writer.report(report)?;
    }
    writer.finish()
}

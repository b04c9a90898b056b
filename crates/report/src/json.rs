//! The format `json`: one document, one report a line, described by `docs/report.schema.json`.

use std::io;

use schemars::generate::SchemaSettings;
use serde::Serialize;
use skillgate_model::Report;

use crate::author::AuthorReport;
use crate::{Document, Format, Style, Tally, View, escape};

/// Version of the document; the reports in it carry their own.
const SCHEMA: &str = "skillgate-reports/1";

/// The schema of what the format `json` writes, draft 2020-12.
pub fn json_schema() -> serde_json::Value {
    let generator = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator();
    generator
        .into_root_schema_for::<ReportDocument<'_>>()
        .to_value()
}

/// What a scan says about all its skills.
#[derive(Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "skillgate report")]
struct ReportDocument<'a> {
    /// Version of this format, `skillgate-reports/1`.
    schema: &'a str,
    /// What wrote it.
    tool: Tool,
    /// One for each skill.
    reports: Vec<AnyReport<'a>>,
    /// Counts over all of them.
    summary: Tally,
}

/// What wrote the document.
#[derive(Serialize, schemars::JsonSchema)]
struct Tool {
    /// `skillgate`.
    name: &'static str,
    /// Its version.
    version: &'static str,
}

/// A report for one of its two readers.
#[derive(Serialize, schemars::JsonSchema)]
#[serde(untagged)]
enum AnyReport<'a> {
    /// `--audience operator`: everything.
    Operator(&'a Report),
    /// `--audience author`: the verdict and the remedies.
    Author(AuthorReport<'a>),
}

pub(crate) struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn document(&self, _: Style) -> Box<dyn Document> {
        Box::new(JsonDocument { begun: false })
    }
}

struct JsonDocument {
    begun: bool,
}

impl JsonDocument {
    fn begin(&mut self, out: &mut dyn io::Write) -> io::Result<()> {
        if self.begun {
            return out.write_all(b",\n");
        }
        self.begun = true;
        let tool = Tool {
            name: "skillgate",
            version: env!("CARGO_PKG_VERSION"),
        };
        write!(out, "{{\"schema\":\"{SCHEMA}\",\"tool\":")?;
        escape::write_json(&tool, out)?;
        out.write_all(b",\"reports\":[\n")
    }
}

impl Document for JsonDocument {
    fn report(&mut self, view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
        self.begin(out)?;
        let report = if view.shows_layers() {
            AnyReport::Operator(view.report())
        } else {
            AnyReport::Author(AuthorReport::new(view.report()))
        };
        escape::write_json(&report, out)
    }

    fn end(&mut self, tally: &Tally, out: &mut dyn io::Write) -> io::Result<()> {
        if !self.begun {
            self.begin(out)?;
        }
        out.write_all(b"\n],\"summary\":")?;
        escape::write_json(tally, out)?;
        out.write_all(b"}\n")
    }
}

//! The format `sarif`: SARIF 2.1.0 within what GitHub's code scanning accepts.

mod results;
mod rules;

use std::io;

use serde_json::json;

use crate::escape::{visible_in_angles, write_json};
use crate::{Document, Format, Style, Tally, View, words};
use results::Results;
use rules::Rules;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Results that GitHub takes in one run; a longer file is refused as a whole.
const RESULTS: usize = 25_000;

/// Results that stand behind no verdict stop earlier, so that they never crowd out those that do.
const NOTES: usize = 20_000;

pub(crate) struct Sarif;

impl Format for Sarif {
    fn name(&self) -> &'static str {
        "sarif"
    }

    fn document(&self, _: Style) -> Box<dyn Document> {
        Box::new(Log::default())
    }
}

/// The log under way; rules come after the results, because they are known only then.
#[derive(Default)]
struct Log {
    begun: bool,
    rules: Rules,
    results: Results,
    written: usize,
    left_out: usize,
    incomplete: Vec<String>,
}

impl Log {
    fn begin(&mut self, out: &mut dyn io::Write) -> io::Result<()> {
        if self.begun {
            return Ok(());
        }
        self.begun = true;
        write!(
            out,
            "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{"
        )?;
        out.write_all(b"\"columnKind\":\"unicodeCodePoints\",\"results\":[")
    }

    fn result(
        &mut self,
        result: &serde_json::Value,
        limit: usize,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        if self.written >= limit {
            self.left_out += 1;
            return Ok(());
        }
        out.write_all(if self.written == 0 { b"\n" } else { b",\n" })?;
        self.written += 1;
        write_json(result, out)
    }

    /// What GitHub shows beside the results: what could not be examined, and what did not fit.
    fn notifications(&self) -> Vec<serde_json::Value> {
        let incomplete = self.incomplete.iter().map(|name| {
            (
                format!("the examination of {name} is not complete"),
                "error",
            )
        });
        let left_out = (self.left_out > 0).then(|| {
            let results = words::count(self.left_out as u64, "result");
            (
                format!("{results} left out: at most {RESULTS} fit into one file"),
                "warning",
            )
        });
        incomplete
            .chain(left_out)
            .map(|(text, level)| json!({ "level": level, "message": { "text": text } }))
            .collect()
    }
}

impl Document for Log {
    fn report(&mut self, view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
        self.begin(out)?;
        let links = view.links();
        let skill = &view.report().skill;
        if !view.report().verdict.complete {
            // Notifications are bounded like results; the tally has the true number.
            let name = visible_in_angles(&skill.name).into_owned();
            if self.incomplete.len() < RESULTS {
                self.incomplete.push(name);
            }
        }
        for reason in &view.report().verdict.reasons {
            let rule = self.rules.of_reason(reason, links.finding(reason));
            let result = self
                .results
                .of_reason(view, reason, links.finding(reason), &rule);
            self.result(&result, RESULTS, out)?;
        }
        for finding in view.report().findings.iter() {
            if links.is_first_place(finding) {
                continue;
            }
            let gates = links.gates(finding);
            let rule = self.rules.of_finding(finding);
            let result = self.results.of_finding(view, finding, gates, &rule);
            self.result(&result, if gates { RESULTS } else { NOTES }, out)?;
        }
        Ok(())
    }

    fn end(&mut self, tally: &Tally, out: &mut dyn io::Write) -> io::Result<()> {
        self.begin(out)?;
        let invocation = json!({
            "executionSuccessful": tally.incomplete == 0,
            "toolExecutionNotifications": self.notifications(),
        });
        out.write_all(b"\n],\"tool\":")?;
        write_json(&self.rules.tool(), out)?;
        out.write_all(b",\"taxonomies\":")?;
        write_json(&self.rules.taxonomies(), out)?;
        out.write_all(b",\"invocations\":[")?;
        write_json(&invocation, out)?;
        out.write_all(b"]}]}\n")
    }
}

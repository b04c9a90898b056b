//! Jupyter notebooks: each cell goes to the engine of its language.

use serde::Deserialize;

use super::{say, tail};
use crate::{Artifact, Kind, Sink};

#[derive(Deserialize)]
struct Notebook {
    cells: Vec<Cell>,
    /// Where the third version of the format kept its cells.
    #[serde(default)]
    worksheets: Vec<serde::de::IgnoredAny>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    kernelspec: KernelSpec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KernelSpec {
    language: String,
    name: String,
}

#[derive(Deserialize)]
struct Cell {
    cell_type: String,
    #[serde(default)]
    source: Lines,
    #[serde(default)]
    outputs: Vec<serde_json::Value>,
}

/// Text, or a list of lines.
#[derive(Deserialize)]
#[serde(untagged)]
enum Lines {
    Whole(String),
    Lines(Vec<String>),
}

impl Default for Lines {
    fn default() -> Self {
        Self::Whole(String::new())
    }
}

impl Lines {
    fn text(&self) -> String {
        match self {
            Self::Whole(text) => text.clone(),
            Self::Lines(lines) => lines.concat(),
        }
    }
}

pub(super) fn examine(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    let Ok(notebook) = serde_json::from_slice::<Notebook>(&artifact.bytes) else {
        say(sink, artifact, "notebook-unreadable", String::new());
        sink.incomplete("the notebook is no JSON of a notebook's form");
        return;
    };
    if !notebook.worksheets.is_empty() {
        sink.incomplete("the notebook has worksheets, of an older form, beside its cells");
    }
    // The name is what starts; the language is only what is shown.
    let spec = &notebook.metadata.kernelspec;
    let named = Some(&spec.name).filter(|name| !name.is_empty());
    let kernel = named.unwrap_or(&spec.language).to_ascii_lowercase();
    let kind = if kernel.contains("bash") {
        Kind::Shell
    } else if kernel.contains("javascript") || kernel.contains("deno") {
        Kind::JavaScript
    } else {
        Kind::Python
    };
    for (index, cell) in notebook.cells.iter().enumerate() {
        let name = format!("cell-{}", index + 1);
        match cell.cell_type.as_str() {
            "code" => code(artifact, &name, kind, &cell.source.text(), sink),
            _ => part(artifact, &name, Kind::Markdown, cell.source.text(), sink),
        }
        for output in &cell.outputs {
            let mut text = String::new();
            collect(output, &mut text);
            part(artifact, &format!("{name}-output"), Kind::Text, text, sink);
        }
    }
    tail::examine(artifact, sink);
    sink.examined("data");
}

/// `%%bash` makes a cell shell; `!command` makes a line shell.
fn code(artifact: &Artifact<'_>, name: &str, kind: Kind, text: &str, sink: &mut Sink<'_>) {
    // IPython takes the first line that is not blank for the first.
    let blank = text.len() - text.trim_start().len();
    let blank = text.get(..blank).unwrap_or_default().matches('\n').count();
    let first = text.lines().nth(blank).unwrap_or("").trim();
    let whole = match first
        .strip_prefix("%%")
        .map(|magic| magic.split_whitespace().next().unwrap_or(""))
    {
        Some("bash" | "sh" | "script" | "sx" | "system" | "!") => Some(Kind::Shell),
        Some("javascript" | "js") => Some(Kind::JavaScript),
        Some("html" | "HTML") => Some(Kind::Html),
        Some("svg" | "SVG") => Some(Kind::Svg),
        Some("markdown" | "latex") => Some(Kind::Text),
        _ => None,
    };
    if let Some(kind) = whole {
        // The magic's line is blanked, so that the lines after it keep their numbers.
        let rest: String = text.split_inclusive('\n').skip(blank + 1).collect();
        let before = "\n".repeat(blank + 1);
        return part(artifact, name, kind, before + &rest, sink);
    }
    let is_magic = |line: &str| {
        let start = line.trim_start();
        kind == Kind::Python && (start.starts_with('!') || start.starts_with('%'))
    };
    let mut python = String::with_capacity(text.len());
    let mut shell = String::new();
    let mut goes_on = false;
    for line in text.lines() {
        let command = line.trim_start();
        if goes_on {
            python.push('\n');
            shell.push_str(line);
            goes_on = line.ends_with('\\');
        } else if is_magic(line) {
            goes_on = line.ends_with('\\');
            let indent = line.len() - command.len();
            python.push_str(line.get(..indent).unwrap_or(""));
            python.push_str("pass\n");
            let command = command
                .strip_prefix("%pip")
                .map(|rest| format!("pip{rest}"))
                .or_else(|| {
                    ["%sx ", "%system ", "%sc ", "%conda", "%mamba", "!!", "!"]
                        .iter()
                        .find_map(|magic| command.strip_prefix(magic))
                        .map(str::to_owned)
                });
            shell.push_str(&command.unwrap_or_default());
        } else {
            python.push_str(line);
            python.push('\n');
        }
        shell.push('\n');
    }
    part(artifact, name, kind, python, sink);
    if !shell.trim().is_empty() {
        part(artifact, name, Kind::Shell, shell, sink);
    }
}

fn part(artifact: &Artifact<'_>, name: &str, kind: Kind, text: String, sink: &mut Sink<'_>) {
    if text.trim().is_empty() {
        return;
    }
    let mut inner = artifact.part(kind, text.into_bytes(), 0);
    inner.path = format!("{}#{name}", artifact.path);
    sink.uncover(inner);
}

/// Every text of an output, pictures in base64 left out.
fn collect(value: &serde_json::Value, text: &mut String) {
    match value {
        serde_json::Value::String(one) => {
            text.push_str(one);
            text.push('\n');
        }
        serde_json::Value::Array(list) => list.iter().for_each(|one| collect(one, text)),
        serde_json::Value::Object(fields) => {
            for (name, one) in fields {
                if !name.starts_with("image/") && name != "output_type" {
                    collect(one, text);
                }
            }
        }
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

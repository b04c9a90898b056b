//! What is put into objects and files: secrets into messages, programs and pages into files that are read again.

use ruff_python_ast::Expr;
use ruff_text_size::TextRange;

use super::args::Args;
use super::interp::Interp;
use super::origin::Origins;
use super::value::{GAP, Value};
use crate::Kind;

/// What a message, a form or an archive is asked for when it is sent.
const PRIVATE: Origins = Origins::SECRET
    .union(Origins::ENVIRONMENT)
    .union(Origins::CLIPBOARD)
    .union(Origins::CAPTURE);

/// Ends of the names of pages that agents read and follow.
const PAGES: &[&str] = &[
    ".md",
    ".mdc",
    ".cursorrules",
    ".windsurfrules",
    ".clinerules",
];

/// Whether a text begins as programs in Python do.
fn is_program(data: &Value<'_>) -> bool {
    let begins = |text: &str| {
        let first = text.trim_start();
        (first.starts_with("import ") || first.starts_with("from ")) && text.contains("\n")
    };
    data.as_gapped().is_some_and(begins)
}

/// Whether an object takes in the file that a method of this name is given.
fn reads_file(name: &str) -> bool {
    matches!(name, "read" | "load" | "read_file")
}

impl<'a> Interp<'a, '_> {
    /// Whether a call may put a secret into its object, which is no module.
    pub(crate) fn may_fill(&self, receiver: &Value<'a>, name: &str, args: &Args<'a>) -> bool {
        (reads_file(name) || args.all().any(|value| value.from.meets(PRIVATE)))
            && receiver
                .as_name()
                .is_none_or(|name| self.index.names.path(name).ends_with([')', ']']))
    }

    /// A message, a form or an archive that is given a secret holds it from then on.
    pub(crate) fn filled(
        &mut self,
        receiver: &Value<'a>,
        name: &str,
        args: &Args<'a>,
        target: Option<&'a Expr>,
    ) {
        let mut given = args.blend();
        if reads_file(name)
            && let Some(path) = args.at(0)
        {
            given = given.from(self.file_origins(path));
        }
        given.from = given.from.only(PRIVATE).without(receiver.from);
        if let (Some(target), false) = (target, given.from.is_empty()) {
            self.rebind(target, receiver.clone().with(&given));
        }
    }

    /// A program that is written to a file is read like any other, and so is a page for an agent.
    pub(crate) fn program_written(&mut self, path: &str, data: &Value<'a>, range: TextRange) {
        let whole = data.as_raw().map(<[u8]>::to_vec);
        let ends = |ends: &[&str]| ends.iter().any(|end| path.ends_with(end));
        let (kind, code) = if ends(PAGES) {
            let page = data.as_gapped().map(|text| text.replace(GAP, "\n"));
            (Some(Kind::Markdown), page.map(String::into_bytes).or(whole))
        } else if ends(&[".py", ".pth", ".pyw"]) || path.ends_with(GAP) && is_program(data) {
            // What is filled in later is taken for a name.
            let code = data.as_gapped().map(|text| text.replace(GAP, "x"));
            (Some(Kind::Python), code.map(String::into_bytes).or(whole))
        } else if ends(&[".sh", ".bash", ".command"]) {
            (Some(Kind::Shell), whole)
        } else {
            (None, whole.filter(|code| code.starts_with(b"#!")))
        };
        if let Some(code) = code {
            self.uncover(range, vec!["file".to_owned()], &code, kind);
        }
    }

    /// Data goes into a file: where it came from elsewhere, the path is remembered.
    pub(crate) fn written(
        &mut self,
        path: &Value<'a>,
        variable: Option<&'a str>,
        data: &Value<'a>,
    ) {
        let foreign = Origins::NETWORK
            .union(Origins::DECODED)
            .union(Origins::DECRYPTED);
        self.depends |= data.from.meets(Origins::INNER);
        if !data.from.meets(foreign) {
            return;
        }
        if let Some(path) = path.as_gapped().filter(|path| path.len() > 3) {
            self.dropped.insert(path.to_owned());
        }
        if let Some(variable) = variable
            && let Some(value) = self.lookup(variable)
        {
            self.bind(variable, value.from(Origins::DROPPED));
        }
    }
}

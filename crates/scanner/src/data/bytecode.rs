//! CPython byte code: does it belong to the source beside it, and what does it use.

use skillgate_model::Skill;

use super::{base_name, marshal, say};
use crate::{Artifact, Sink};

/// Length of the header since 3.7, in bytes: magic, flags, and a hash or time and size.
const HEADER: usize = 16;
/// Names that say what byte code can do.
const TELLING: &[&str] = &[
    "exec",
    "eval",
    "compile",
    "__import__",
    "system",
    "popen",
    "subprocess",
    "socket",
    "urlopen",
    "requests",
    "ctypes",
    "marshal",
    "pickle",
    "b64decode",
    "environ",
    "getattr",
    "spawn",
    "Popen",
    "fork",
];

pub(super) fn examine(artifact: &Artifact<'_>, skill: &Skill, sink: &mut Sink<'_>) {
    let bytes = artifact.bytes.as_ref();
    let field = |at: usize, count: usize| {
        bytes.get(at..at + count).map(|field| {
            field
                .iter()
                .rev()
                .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte))
        })
    };
    let (Some(magic), Some(flags), Some(size)) = (field(0, 2), field(4, 4), field(12, 4)) else {
        sink.incomplete("the byte code has no header");
        return;
    };
    let names = match marshal::read(
        bytes.get(HEADER..).unwrap_or_default(),
        u16::try_from(magic).unwrap_or(0),
    ) {
        Ok(names) => names,
        Err(reason) => {
            say(sink, artifact, "bytecode-unreadable", reason.to_owned());
            sink.incomplete(format!("the byte code cannot be read: {reason}"));
            return;
        }
    };
    let source = if artifact.depth == 0 {
        source_of(&artifact.path, skill)
    } else {
        None
    };
    let Some(source) = source else {
        let telling: Vec<&str> = TELLING
            .iter()
            .copied()
            .filter(|name| names.names.contains(*name))
            .collect();
        say(
            sink,
            artifact,
            "bytecode-alone",
            if telling.is_empty() {
                String::new()
            } else {
                format!("it uses {}", telling.join(", "))
            },
        );
        sink.incomplete("byte code without its source cannot be examined");
        uncover_texts(artifact, &names, sink);
        return;
    };
    let mut stale = false;
    // Bit 0: the header holds a hash of the source; bit 1: CPython compares it before it runs the code.
    if flags & 1 == 1 && flags & 2 == 0 {
        stale = true;
        say(
            sink,
            artifact,
            "bytecode-foreign",
            "its header tells CPython not to compare it with the source".to_owned(),
        );
    }
    if flags & 1 == 0 && size != (source.len() as u64 & 0xffff_ffff) {
        stale = true;
        say(
            sink,
            artifact,
            "bytecode-foreign",
            format!(
                "it was made from a source of {size} bytes, and {} lie beside it",
                source.len()
            ),
        );
    }
    let text = String::from_utf8_lossy(source);
    let mut foreign = names
        .names
        .iter()
        .filter(|name| !is_made(name) && !text.contains(unmangled(name)));
    if let Some(name) = foreign.next() {
        stale = true;
        say(
            sink,
            artifact,
            "bytecode-foreign",
            format!("it uses `{name}`, which its source does not"),
        );
    }
    if stale {
        uncover_texts(artifact, &names, sink);
    }
    say(sink, artifact, "bytecode", String::new());
    sink.examined("data");
}

/// The texts of byte code that no source vouches for are read as those of a source would be.
fn uncover_texts(artifact: &Artifact<'_>, names: &marshal::Names, sink: &mut Sink<'_>) {
    let lines = names.texts.iter().filter(|text| text.len() > 3);
    let source: String = lines
        .filter_map(|text| serde_json::to_string(text).ok())
        .map(|text| format!("text = {text}\n"))
        .collect();
    if !source.is_empty() {
        super::uncover(sink, artifact, "constants.py", source.into_bytes());
    }
}

/// The source that CPython would compare: `a/__pycache__/b.cpython-311.pyc` belongs to `a/b.py`.
fn source_of<'s>(path: &str, skill: &'s Skill) -> Option<&'s [u8]> {
    let name = base_name(path);
    let stem = name.split('.').next()?;
    let folder = path.strip_suffix(name.as_ref())?;
    let folder = folder.strip_suffix("__pycache__/").unwrap_or(folder);
    let source = format!("{folder}{stem}.py");
    skill.files.iter().find(|file| file.path == source)?.bytes()
}

/// Names that the compiler makes by itself.
fn is_made(name: &str) -> bool {
    name.starts_with("__")
        && name.ends_with("__")
        && !matches!(
            name,
            "__import__" | "__builtins__" | "__subclasses__" | "__globals__" | "__code__"
        )
        || name.starts_with('.')
        || name.starts_with('<')
}

/// `_Class__private` is `__private` in the source.
fn unmangled(name: &str) -> &str {
    name.strip_prefix('_')
        .and_then(|rest| rest.find("__").and_then(|at| rest.get(at..)))
        .filter(|rest| rest.len() > 2)
        .unwrap_or(name)
}

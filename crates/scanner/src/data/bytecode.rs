//! CPython byte code: does it belong to the source beside it, and what does it use.

use std::collections::HashSet;

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
        uncover_texts(artifact, names.texts.iter(), sink);
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
    let used = identifiers(&text);
    let mut foreign = names
        .names
        .iter()
        .filter(|name| !is_made(name) && !used.contains(name.as_str()))
        .filter(|name| !unmangled(name).is_some_and(|name| used.contains(name)))
        // An identifier with other letters is spelled in the source as somebody liked.
        .filter(|name| name.is_ascii() || !text.contains(name.as_str()))
        .filter(|name| !is_path(name, &used));
    if let Some(name) = foreign.next() {
        stale = true;
        say(
            sink,
            artifact,
            "bytecode-foreign",
            format!("it uses `{name}`, which its source does not"),
        );
    }
    let new = |one: &&String| stale || !text.contains(one.as_str());
    uncover_texts(artifact, names.texts.iter().filter(new), sink);
    say(sink, artifact, "bytecode", String::new());
    sink.examined("data");
}

/// The texts of byte code that no source vouches for are read as those of a source would be.
fn uncover_texts<'t>(
    artifact: &Artifact<'_>,
    texts: impl Iterator<Item = &'t String>,
    sink: &mut Sink<'_>,
) {
    let source: String = texts
        .filter(|text| text.len() > 3)
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
    name.is_empty()
        || name == "AssertionError"
        || name.starts_with("__")
            && name.ends_with("__")
            && !matches!(
                name,
                "__import__" | "__builtins__" | "__subclasses__" | "__globals__" | "__code__"
            )
        || name.starts_with('.')
        || name.starts_with('<')
}

/// `_Class__private` is `__private` in the source.
fn unmangled(name: &str) -> Option<&str> {
    let rest = name.strip_prefix('_')?;
    rest.get(rest.find("__")?..).filter(|rest| rest.len() > 2)
}

/// `import a.b.c` names all of it at once.
fn is_path(name: &str, used: &HashSet<&str>) -> bool {
    name.contains('.') && name.split('.').all(|part| used.contains(part))
}

/// The words of a source that may be names: neither comments nor texts, but what stands in texts with code in them.
fn identifiers(source: &str) -> HashSet<&str> {
    let mut found = HashSet::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let is_letter = |c: char| c == '_' || c.is_alphanumeric();
        let length = match first {
            '#' => memchr::memchr2(b'\n', b'\r', rest.as_bytes()).unwrap_or(rest.len()),
            '\'' | '"' => text_length(rest),
            _ if is_letter(first) => {
                let length = rest.find(|c: char| !is_letter(c)).unwrap_or(rest.len());
                let (word, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
                found.insert(word);
                let has_code = word.len() < 3 && word.contains(['f', 'F', 't', 'T']);
                if has_code && after.starts_with(['\'', '"']) {
                    let text = after.get(..text_length(after)).unwrap_or(after);
                    found.extend(text.split(|c: char| !is_letter(c)));
                    length + text.len()
                } else {
                    length
                }
            }
            _ => first.len_utf8(),
        };
        rest = rest.get(length.max(1)..).unwrap_or_default();
    }
    found
}

/// How long the text is that begins here, quotes and all.
fn text_length(rest: &str) -> usize {
    let quote = rest.get(..1).unwrap_or_default();
    let triple = quote.repeat(3);
    let end = if rest.starts_with(&triple) {
        triple.as_str()
    } else {
        quote
    };
    let mut at = end.len();
    while let Some(left) = rest.get(at..).filter(|left| !left.is_empty()) {
        if left.starts_with(end) {
            return at + end.len();
        }
        if end.len() == 1 && left.starts_with('\n') {
            return at;
        }
        let escaped = usize::from(left.starts_with('\\'));
        at += left
            .chars()
            .take(1 + escaped)
            .map(char::len_utf8)
            .sum::<usize>();
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_code_and_not_from_comments_and_texts() {
        let source =
            "import a.b  # os\nx = 'system' + f'{popen}' + \"\"\"\nexec\n\"\"\"\ny = r'\\'\nz\n";
        let found = identifiers(source);
        for name in ["a", "b", "x", "popen", "y", "z"] {
            assert!(found.contains(name), "{name}");
        }
        for name in ["os", "system", "exec"] {
            assert!(!found.contains(name), "{name}");
        }
        assert!(is_path("a.b", &found) && !is_path("a.os", &found));
        assert_eq!(unmangled("_Class__private"), Some("__private"));
    }
}

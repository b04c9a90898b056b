//! The data engine: archives, pickles, byte code, media, links and names, by their content.

mod archive;
mod bytecode;
mod document;
mod entry;
mod foreign;
mod image;
mod marshal;
mod notebook;
mod pickle;
mod reader;
mod tail;
mod tar;

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::bytes::{Captures, Regex};

use skillgate_model::{Content, Effect, Skill, SkillFile};

pub(crate) use pickle::is_pickle;

use crate::{Artifact, Kind, Sink};

/// What can be said of an entry without reading it: its name, its mode, where it points.
pub(crate) fn examine_entry(skill: &Skill, file: &SkillFile, sink: &mut Sink<'_>) {
    let artifact = Artifact::of_file(file, b"");
    entry::examine_name(&artifact, sink);
    if skill.files.first() == Some(file) {
        entry::examine_collisions(skill, sink);
    }
    match &file.content {
        Content::Link {
            target,
            escapes: true,
        } => {
            say(
                sink,
                &artifact,
                "link-escapes",
                format!("it points to `{}`", target.display()),
            );
        }
        Content::Special(kind) => say(sink, &artifact, "special-file", (*kind).to_owned()),
        Content::Bytes(_) => entry::examine_mode(&artifact, sink),
        Content::Link { escapes: false, .. } | Content::TooLarge | Content::Unreadable(_) => {}
    }
}

/// Examines what no text engine reads, and uncovers what lies inside.
pub(crate) fn examine(artifact: &Artifact<'_>, skill: &Skill, sink: &mut Sink<'_>) {
    entry::examine_kind(artifact, sink);
    // The facts engine reads the comments of Python itself.
    if artifact.kind.is_text() && artifact.kind != Kind::Python {
        entry::examine_suppressions(artifact, sink);
    }
    match artifact.kind {
        Kind::Zip | Kind::Office => archive::examine_zip(artifact, sink),
        Kind::Tar => tar::examine(artifact, sink),
        Kind::Gzip | Kind::Compressed => archive::examine_stream(artifact, sink),
        Kind::Archive => say(
            sink,
            artifact,
            "packed-archive",
            artifact.kind.name().to_owned(),
        ),
        Kind::Pickle => pickle::examine(artifact, sink),
        Kind::Pyc => bytecode::examine(artifact, skill, sink),
        Kind::Elf | Kind::Pe | Kind::MachO | Kind::Wasm | Kind::ForeignCode => {
            say(
                sink,
                artifact,
                "native-binary",
                artifact.kind.name().to_owned(),
            );
        }
        Kind::Ole => document::examine_ole(artifact, sink),
        Kind::Pdf => document::examine_pdf(artifact, sink),
        Kind::Html | Kind::Svg | Kind::Xml => {
            with_nul(artifact, sink);
            document::examine_markup(artifact, sink);
        }
        Kind::Notebook => notebook::examine(artifact, sink),
        Kind::Script => {
            with_nul(artifact, sink);
            foreign::examine(artifact, sink);
        }
        Kind::Image => image::examine(artifact, sink),
        Kind::Font | Kind::Audio | Kind::Video | Kind::Sqlite | Kind::Table => {
            if LAMBDA.is_match(&artifact.bytes) {
                sink.incomplete("the model holds a layer of byte code, which is not read");
            }
            tail::examine(artifact, sink);
            sink.examined("data");
        }
        Kind::Npy => pickle::examine_npy(artifact, sink),
        Kind::WideText => wide_text(artifact, sink),
        Kind::Python
        | Kind::Shell
        | Kind::JavaScript
        | Kind::TypeScript
        | Kind::Markdown
        | Kind::Json
        | Kind::Toml
        | Kind::Yaml
        | Kind::Csv
        | Kind::Text => {
            with_nul(artifact, sink);
            if artifact.kind == Kind::Json {
                spelled_out(artifact, sink);
            }
            started(artifact, sink);
            tail::examine(artifact, sink);
        }
        Kind::Empty => sink.examined("data"),
        Kind::Unknown => tail::examine(artifact, sink),
    }
}

/// A finding about the artifact as a whole, by the rule that gives this check its words.
fn say(sink: &mut Sink<'_>, artifact: &Artifact<'_>, check: &str, detail: String) {
    say_effect(sink, artifact, check, None, detail);
}

fn say_effect(
    sink: &mut Sink<'_>,
    artifact: &Artifact<'_>,
    check: &str,
    effect: Option<Effect>,
    detail: String,
) {
    if let Some(rule) = sink.rules().check(check) {
        let bounded: String = detail.chars().take(200).collect();
        let detail = Some(bounded).filter(|detail| !detail.is_empty());
        sink.report_file(rule, artifact, effect, detail);
    }
}

/// UTF-16 and UTF-32 become text that the engines read under the same name.
fn wide_text(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    let bytes = artifact.bytes.as_ref();
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
            return sink.incomplete("text in UTF-32 is not read");
        }
        [0xfe, 0xff, body @ ..] => uncover_wide(artifact, body, true, sink),
        _ => uncover_wide(artifact, bytes.get(2..).unwrap_or_default(), false, sink),
    }
    sink.examined("data");
}

fn uncover_wide(artifact: &Artifact<'_>, body: &[u8], big: bool, sink: &mut Sink<'_>) {
    let unit = |pair: &[u8]| match pair {
        [a, b] if big => u16::from_be_bytes([*a, *b]),
        [a, b] => u16::from_le_bytes([*a, *b]),
        _ => 0xfffd,
    };
    let text: String = char::decode_utf16(body.chunks(2).map(unit))
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    let kind = Kind::identify(&artifact.path, text.as_bytes());
    let mut inner = artifact.part(kind, text.into_bytes(), 0);
    inner.decoded.push("utf-16".to_owned());
    sink.uncover(inner);
}

/// Text with NUL bytes: UTF-16 without its mark, or what one reader skips and another stumbles over.
fn with_nul(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    let bytes = artifact.bytes.as_ref();
    let Some(first) = memchr::memchr(0, bytes) else {
        return;
    };
    // The facts engine says of Python what it cannot decode, and an archive at the end is told by itself.
    if artifact.kind == Kind::Python || tail::has_archive(bytes) {
        return;
    }
    let nuls = memchr::memchr_iter(0, bytes);
    let (even, odd) = nuls.fold((0, 0), |(even, odd), at| match at % 2 {
        0 => (even + 1, odd),
        _ => (even, odd + 1),
    });
    if even.max(odd) * 4 > bytes.len() && even.min(odd) * 8 < even.max(odd) {
        return uncover_wide(artifact, bytes, even > odd, sink);
    }
    sink.incomplete(format!(
        "the text holds a NUL byte, the first at byte {first}"
    ));
}

/// A layer of a Keras model that is a function of its author's.
static LAMBDA: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#""class_name":\s*"Lambda""#)
        .expect("the pattern is a constant that the tests compile")
});

/// What units of systemd and entries of a desktop start.
fn started(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    let path = artifact.path.as_str();
    let is_whole = !matches!(artifact.kind, Kind::Shell | Kind::Python);
    if !is_whole
        || ![".service", ".desktop"]
            .iter()
            .any(|end| path.ends_with(end))
    {
        return;
    }
    let mut commands = Vec::new();
    for line in artifact.bytes.split(|byte| *byte == b'\n') {
        let command = memchr::memchr(b'=', line)
            .filter(|_| line.trim_ascii_start().starts_with(b"Exec"))
            .and_then(|at| line.get(at + 1..))
            .unwrap_or_default();
        // These marks say how a failure counts and who runs it.
        let marks = command
            .iter()
            .take_while(|byte| b"-@:+!".contains(byte))
            .count();
        commands.extend_from_slice(command.get(marks..).unwrap_or_default());
        commands.push(b'\n');
    }
    sink.uncover(artifact.part(Kind::Shell, commands, 0));
}

/// Letters that JSON spells as numbers without need.
static NEEDLESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\\u00(3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[fF]|2[dD])")
        .expect("the pattern is a constant that the tests compile")
});

/// Keys and commands whose letters are spelled as numbers are read once more as what they spell.
fn spelled_out(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    if !NEEDLESS.is_match(&artifact.bytes) {
        return;
    }
    let plain = NEEDLESS.replace_all(&artifact.bytes, |found: &Captures<'_>| {
        let digits = found.get(1).map_or(&b""[..], |digits| digits.as_bytes());
        let digits = std::str::from_utf8(digits).unwrap_or_default();
        vec![u8::from_str_radix(digits, 16).unwrap_or(b'?')]
    });
    let mut inner = artifact.part(Kind::Json, plain.into_owned(), 0);
    inner.decoded.push("json escapes".to_owned());
    sink.uncover(inner);
}

/// A member under a name that cannot be mistaken for another place.
fn uncover(sink: &mut Sink<'_>, artifact: &Artifact<'_>, name: &str, bytes: Vec<u8>) {
    sink.uncover(artifact.member(name, bytes));
}

/// The file's name without its folders.
fn base_name(path: &str) -> Cow<'_, str> {
    Cow::Borrowed(path.rsplit('/').next().unwrap_or(path))
}

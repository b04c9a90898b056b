//! Names, modes and what a name promises against what the content is.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::bytes::Regex;
use skillgate_model::{Skill, SkillFile};

use super::{base_name, say};
use crate::{Artifact, Kind, Sink, kind};

/// Longest honest name of a file, in bytes; most file systems end at 255.
const LONG_NAME: usize = 200;

/// Folders whose names begin with a dot and that people use openly.
const OPEN_FOLDERS: &[&str] = &[
    ".",
    "..",
    ".github",
    ".gitlab",
    ".vscode",
    ".idea",
    ".claude",
    ".claude-plugin",
    ".cursor",
    ".codex",
    ".agents",
    ".gemini",
    ".husky",
    ".devcontainer",
    ".circleci",
    ".config",
    ".storybook",
    ".opencode",
    ".openclaw",
    ".windsurf",
    ".changeset",
    ".yarn",
    ".cargo",
    ".ci",
];

/// How much of a line is searched for a suppression, in bytes.
const MAX_LINE: usize = 4096;

static SUPPRESSION_WORDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let words = [
        "nosec",
        "noqa",
        "nosemgrep",
        "semgrep-ignore",
        "ast-grep-ignore",
        "noaudit",
        "skipcq",
        "nosonar",
        "checkov:skip",
        "trivy:ignore",
        "kics-scan",
        "allowlist",
        "gitleaks:allow",
        "skillgate",
        "bandit:",
        "guarddog:",
        "agent-audit:",
        "skill-scanner:",
        "lgtm[",
    ];
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(words)
        .expect("the words are constants that the tests compile")
});

static SUPPRESSION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:#|//|/\*|<!--)\s*(?:nosec\b|noqa:\s*S\d|nosemgrep|semgrep-ignore|ast-grep-ignore|noaudit|skipcq|nosonar|checkov:skip|trivy:ignore|kics-scan ignore|pragma:\s*allowlist|gitleaks:allow|skillgate[:-]\s*(?:ignore|allow|disable)|bandit:\s*(?:skip|disable)|guarddog:\s*ignore|agent-audit:\s*ignore|skill-scanner:\s*ignore|lgtm\[)")
        .expect("the pattern is a constant that the tests compile")
});

pub(super) fn examine_name(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    let path = artifact.path.as_str();
    if let Some(odd) = path.chars().find(|c| hides(*c)) {
        say(
            sink,
            artifact,
            "name-hides",
            format!("U+{:04X} in its name", u32::from(odd)),
        );
    }
    let name = base_name(path);
    if name.len() > LONG_NAME
        || name.ends_with(['.', ' '])
        || name.starts_with(' ')
        || name.contains("   ")
    {
        say(sink, artifact, "name-unusual", String::new());
    }
    examine_role(artifact, &name, sink);
}

/// Files whose names differ by case alone; looked for once in a skill, with its first file.
pub(super) fn examine_collisions(skill: &Skill, sink: &mut Sink<'_>) {
    let mut spellings: BTreeMap<String, Vec<&SkillFile>> = BTreeMap::new();
    for file in &skill.files {
        spellings
            .entry(file.path.to_lowercase())
            .or_default()
            .push(file);
    }
    for files in spellings.into_values().filter(|files| files.len() > 1) {
        for file in files {
            say(
                sink,
                &Artifact::of_file(file, b""),
                "name-collides",
                String::new(),
            );
        }
    }
}

/// Characters that show nothing, or show the rest of the name in another order.
fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{00ad}' | '\u{e0000}'..='\u{e007f}' | '\u{2028}' | '\u{2029}' | '\u{115f}' | '\u{1160}' | '\u{3164}')
}

/// Files that something runs or obeys because of their names.
fn examine_role(artifact: &Artifact<'_>, name: &str, sink: &mut Sink<'_>) {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "sitecustomize.py" | "usercustomize.py" => {
            say(sink, artifact, "runs-at-start", name.to_owned())
        }
        "conftest.py" | "setup.py" => say(sink, artifact, "runs-by-name", name.to_owned()),

        _ => {}
    }
}

pub(super) fn examine_mode(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    if artifact.mode & 0o6000 != 0 {
        say(
            sink,
            artifact,
            "mode-set-id",
            format!("mode {:o}", artifact.mode),
        );
    }
}

/// What the name promises against what the content is, and programs where nobody looks.
pub(super) fn examine_kind(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    let kind = artifact.kind;
    // A decoded layer or a code block has no name of its own.
    let part = artifact.depth > 0 && Kind::identify(&artifact.path, &artifact.bytes) != kind;
    if part
        || !artifact.decoded.is_empty()
        || artifact.anchor.is_some()
        || artifact.path.contains('#')
    {
        return;
    }
    if base_name(&artifact.path).ends_with(".pth") && has_import(&artifact.bytes) {
        say(
            sink,
            artifact,
            "runs-at-start",
            "a line that begins with `import`".to_owned(),
        );
    }
    let is_named_text = kind::promised(&artifact.path).is_some_and(Kind::is_text);
    if kind.is_text() && !is_named_text && kind::poses_as_media(&artifact.bytes) {
        let detail = "a text that begins as a picture, a sound or a font does";
        say(sink, artifact, "polyglot", detail.to_owned());
    }
    if let Some(promised) = kind::promised(&artifact.path)
        && !agree(promised, kind)
    {
        let disguised = (kind.is_program() || kind == Kind::Pickle)
            && !promised.is_program()
            && promised != Kind::Pickle;
        let check = if disguised {
            "file-disguised"
        } else {
            "name-disagrees"
        };
        say(
            sink,
            artifact,
            check,
            format!("named like {}, and is {}", promised.name(), kind.name()),
        );
    }
    let hidden = artifact
        .path
        .split('/')
        .rev()
        .skip(1)
        .find(|part| part.starts_with('.') && part.len() > 1 && !OPEN_FOLDERS.contains(part));
    if let Some(folder) = hidden
        && kind.is_program()
    {
        say(sink, artifact, "program-hidden", format!("in `{folder}`"));
    }
}

fn has_import(bytes: &[u8]) -> bool {
    bytes
        .split(|byte| *byte == b'\n' || *byte == b'\r')
        .any(|line| line.starts_with(b"import ") || line.starts_with(b"import\t"))
}

/// Whether a name is an honest one for this content.
fn agree(promised: Kind, kind: Kind) -> bool {
    let shared = |kinds: &[Kind]| kinds.contains(&promised) && kinds.contains(&kind);
    promised == kind
        || kind == Kind::Empty
        || kind == Kind::Unknown
        || promised.is_text() && kind.is_text() && (promised.is_program() || !kind.is_program())
        // `.gz` holds anything, `.egg` and `.jar` are archives, old pickles are text, torch saves archives as pickles.
        || shared(&[Kind::Zip, Kind::Office, Kind::Pickle, Kind::Npy, Kind::Gzip, Kind::Compressed])
        || shared(&[Kind::Gzip, Kind::Compressed, Kind::Tar, Kind::Archive, Kind::Zip])
        || shared(&[Kind::Elf, Kind::Pe, Kind::MachO])
        || shared(&[Kind::Ole, Kind::Office, Kind::Xml, Kind::Html])
        || shared(&[Kind::Audio, Kind::Video, Kind::Image])
        || promised == Kind::Image && matches!(kind, Kind::Svg | Kind::Xml)
        || kind == Kind::WideText && promised.is_text()
}

/// Comments that ask a scanner to look away; they have no effect here.
pub(super) fn examine_suppressions(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    // The words are rare and the expression is slow, so it reads only the lines that have one.
    let mut last_line = usize::MAX;
    let mut count = 0;
    for word in SUPPRESSION_WORDS.find_iter(artifact.bytes.as_ref()) {
        let before = artifact.bytes.get(..word.start()).unwrap_or_default();
        let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let rest = artifact.bytes.get(start..).unwrap_or_default();
        let line = rest
            .get(
                ..memchr::memchr(b'\n', rest)
                    .unwrap_or(rest.len())
                    .min(MAX_LINE),
            )
            .unwrap_or_default();
        if start != last_line && SUPPRESSION.is_match(line) {
            count += 1;
        }
        last_line = start;
    }
    if count > 0 {
        say(
            sink,
            artifact,
            "suppression-comments",
            format!("{count} of them, all without effect"),
        );
    }
}

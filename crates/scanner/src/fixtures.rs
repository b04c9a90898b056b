//! The fixture harness: proves each rule on files that say, line by line, what must be found.
//!
//! `DIR/<language>/<RULE-ID>.<ext>` is one file; `DIR/<language>/<RULE-ID>/` is a folder skill. A line that ends
//! in a comment `expect: RULE-ID, …` must have exactly these findings (`expect-file:` speaks of the file as a
//! whole); what has no comments is listed in the folder's `expected.toml`. Markers are blanked before scanning.

use std::collections::BTreeSet;
use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::bytes::Regex;
use serde::Deserialize;
use skillgate_model::{Content, Finding, Manifest, Severity, Skill, SkillFile, SkillKind};

use crate::{Rules, Scanner};

static MARKER: LazyLock<Regex> = LazyLock::new(|| {
    let ids = r"[A-Z][A-Z0-9-]+(?:[ \t]*,[ \t]*[A-Z][A-Z0-9-]+)*";
    let pattern = format!(
        r"(?:#|//|--|;)[ \t]*expect(?P<a>-file)?:[ \t]*(?P<x>{ids})[ \t]*(?:\r|\n|$)|(?:<!--|/\*)[ \t]*expect(?P<b>-file)?:[ \t]*(?P<y>{ids})[ \t]*(?:-->|\*/)"
    );
    Regex::new(&pattern).expect("the pattern is a constant that the tests compile")
});

/// What came of checking a folder of fixtures.
#[derive(Debug, Default)]
pub struct FixtureReport {
    /// How many fixtures were scanned.
    pub checked: usize,
    /// What is wrong, sorted; empty when every rule is proven.
    pub failures: Vec<FixtureFailure>,
}

/// One difference between what a fixture says and what the scan found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FixtureFailure {
    /// `shell/SEC-SH-001.sh`, or the rule file's id where no fixture is at fault.
    pub path: String,
    /// From 1; 0 for the file as a whole.
    pub line: u32,
    /// What differs, in one sentence.
    pub message: String,
}

impl fmt::Display for FixtureFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Why fixtures could not be checked at all.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    /// A file or folder could not be read.
    #[error("fixture `{}` cannot be read", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// An `expected.toml` is malformed.
    #[error("`{}` does not parse", path.display())]
    Expected {
        /// Which.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
}

/// Scans every fixture below `dir` and compares; a rule that fires in no fixture is a failure too.
///
/// # Errors
/// When a fixture or an `expected.toml` cannot be read.
pub fn check_fixtures(rules: &Rules, dir: &Path) -> Result<FixtureReport, FixtureError> {
    let scanner = Scanner::new(rules.clone());
    let mut check = Check {
        rules,
        fired: BTreeSet::new(),
        report: FixtureReport::default(),
    };
    let languages: BTreeSet<&str> = rules.iter().map(|rule| rule.language.as_str()).collect();
    for language in languages {
        for path in entries(&dir.join(language))? {
            let fixture = Fixture::load(language, &path)?;
            let scan = scanner.scan(&fixture.skill);
            check.compare(&fixture, &scan.findings);
        }
    }
    check.silent_rules();
    check.report.failures.sort();
    Ok(check.report)
}

/// One fixture: the skill to scan, and what is expected of it.
struct Fixture {
    name: String,
    rule: String,
    skill: Skill,
    expected: BTreeSet<Expected>,
}

/// `line` is `None` when any place in the file will do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    path: String,
    #[serde(default)]
    line: Option<u32>,
    rule: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ExpectedFile {
    expect: Vec<Expected>,
    /// What version control cannot keep: links, pipes, mode bits.
    entry: Vec<Entry>,
    manifest: Option<Manifest>,
}

/// An entry that is not a file in the fixture's folder, or a file with another mode.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: String,
    link: Option<PathBuf>,
    #[serde(default)]
    special: Option<String>,
    mode: Option<u32>,
}

impl Entry {
    fn apply(self, files: &mut Vec<SkillFile>) {
        let content = match (self.link, self.special) {
            (Some(target), _) => Some(link_to(target)),
            (None, Some(_)) => Some(Content::Special("fifo")),
            (None, None) => None,
        };
        let known = files.iter_mut().find(|file| file.path == self.path);
        match (known, content) {
            (Some(file), _) => file.mode = self.mode.unwrap_or(file.mode),
            (None, Some(content)) => files.push(SkillFile {
                raw: PathBuf::from(&self.path),
                path: self.path,
                mode: 0o644,
                size: 0,
                sha256: String::new(),
                content,
            }),
            (None, None) => {}
        }
    }
}

impl Fixture {
    fn load(language: &str, path: &Path) -> Result<Self, FixtureError> {
        let file_name = text_of(path.file_name());
        let folder = path.is_dir();
        let mut expected = ExpectedFile::default();
        let mut files = Vec::new();
        if folder {
            read_tree(path, path, &mut files)?;
            let list = path.join("expected.toml");
            if list.exists() {
                expected = parse_expected(&list)?;
            }
            for entry in std::mem::take(&mut expected.entry) {
                entry.apply(&mut files);
            }
        } else {
            files.push(read_file(path, file_name.clone())?);
        }
        let mut expectations: BTreeSet<Expected> = expected.expect.into_iter().collect();
        for file in &mut files {
            if let Content::Bytes(bytes) = &file.content {
                let blanked = take_markers(&file.path, bytes, &mut expectations);
                file.content = Content::Bytes(blanked.into());
            }
        }
        Ok(Self {
            name: format!("{language}/{file_name}"),
            rule: text_of(if folder {
                path.file_name()
            } else {
                path.file_stem()
            }),
            skill: skill_of(path, folder, files, expected.manifest.unwrap_or_default()),
            expected: expectations,
        })
    }

    fn place(&self, path: &str) -> String {
        match self.skill.kind {
            SkillKind::File => self.name.clone(),
            SkillKind::Folder => format!("{}/{path}", self.name),
        }
    }
}

struct Check<'a> {
    rules: &'a Rules,
    fired: BTreeSet<String>,
    report: FixtureReport,
}

impl Check<'_> {
    fn compare(&mut self, fixture: &Fixture, findings: &[Finding]) {
        self.report.checked += 1;
        let mut met = BTreeSet::new();
        for finding in findings {
            let meets: Vec<_> = fixture
                .expected
                .iter()
                .filter(|expected| expected.is_met_by(finding))
                .collect();
            let wanted =
                finding.rule.severity >= Severity::Medium || finding.rule.id == fixture.rule;
            if meets.is_empty() && wanted {
                let at = (fixture.place(&finding.location.path), finding.location.line);
                self.fail(at, format!("unexpected {}", describe(finding)));
            }
            if !meets.is_empty() {
                self.fired.insert(finding.rule.id.clone());
            }
            met.extend(meets);
        }
        for expected in fixture
            .expected
            .iter()
            .filter(|expected| !met.contains(expected))
        {
            let at = (fixture.place(&expected.path), expected.line.unwrap_or(0));
            let known = self.rules.get(&expected.rule).is_some();
            let message = if known { "was not found" } else { "is no rule" };
            self.fail(at, format!("`{}` {message}", expected.rule));
        }
    }

    fn silent_rules(&mut self) {
        for rule in self
            .rules
            .iter()
            .filter(|rule| !self.fired.contains(&rule.info.id))
        {
            self.report.failures.push(FixtureFailure {
                path: format!("{}/{}", rule.language, rule.info.id),
                line: 0,
                message: "the rule fires in no fixture".to_owned(),
            });
        }
    }

    fn fail(&mut self, (path, line): (String, u32), message: String) {
        self.report.failures.push(FixtureFailure {
            path,
            line,
            message,
        });
    }
}

impl Expected {
    fn is_met_by(&self, finding: &Finding) -> bool {
        self.rule == finding.rule.id
            && self.path == finding.location.path
            && self.line.is_none_or(|line| line == finding.location.line)
    }
}

fn describe(finding: &Finding) -> String {
    let detail = finding.detail.as_deref().unwrap_or(&finding.rule.title);
    format!(
        "`{}` ({}): {detail}",
        finding.rule.id,
        finding.rule.severity.as_str()
    )
}

/// Blanks the markers to spaces of the same length, so that no rule sees the answer and no column moves.
fn take_markers(path: &str, bytes: &[u8], expected: &mut BTreeSet<Expected>) -> Vec<u8> {
    let mut blanked = bytes.to_vec();
    let (mut line, mut counted) = (1, 0);
    for marker in MARKER.captures_iter(bytes) {
        let Some(whole) = marker.get(0) else { continue };
        let before = bytes.get(counted..whole.start()).unwrap_or_default();
        line += u32::try_from(memchr::memchr_iter(b'\n', before).count()).unwrap_or(u32::MAX);
        counted = whole.start();
        let of_file = marker.name("a").or(marker.name("b")).is_some();
        let ids = marker.name("x").or(marker.name("y"));
        for id in String::from_utf8_lossy(ids.map_or(b"", |ids| ids.as_bytes())).split(',') {
            expected.insert(Expected {
                path: path.to_owned(),
                line: Some(if of_file { 0 } else { line }),
                rule: id.trim().to_owned(),
            });
        }
        for byte in blanked.get_mut(whole.range()).unwrap_or_default() {
            if !matches!(*byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
    blanked
}

fn parse_expected(path: &Path) -> Result<ExpectedFile, FixtureError> {
    let text = std::fs::read_to_string(path).map_err(|source| unreadable(path, source))?;
    toml::from_str(&text).map_err(|source| FixtureError::Expected {
        path: path.to_owned(),
        source: Box::new(source),
    })
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, FixtureError> {
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(|source| unreadable(dir, source))? {
        paths.push(entry.map_err(|source| unreadable(dir, source))?.path());
    }
    paths.retain(|path| path.file_name().is_none_or(|name| name != ".gitkeep"));
    paths.sort();
    Ok(paths)
}

fn read_tree(root: &Path, dir: &Path, files: &mut Vec<SkillFile>) -> Result<(), FixtureError> {
    for path in entries(dir)? {
        let relative = path.strip_prefix(root).unwrap_or(&path);
        let name = relative.to_string_lossy().replace('\\', "/");
        if path.is_dir() && !path.is_symlink() {
            read_tree(root, &path, files)?;
        } else if name != "expected.toml" {
            files.push(read_file(&path, name)?);
        }
    }
    Ok(())
}

fn read_file(path: &Path, name: String) -> Result<SkillFile, FixtureError> {
    let metadata = path
        .symlink_metadata()
        .map_err(|source| unreadable(path, source))?;
    let content = if metadata.is_symlink() {
        let target = std::fs::read_link(path).map_err(|source| unreadable(path, source))?;
        link_to(target)
    } else {
        let bytes = std::fs::read(path).map_err(|source| unreadable(path, source))?;
        Content::Bytes(bytes.into())
    };
    Ok(SkillFile {
        raw: PathBuf::from(&name),
        path: name,
        mode: metadata.permissions().mode() & 0o777,
        size: metadata.len(),
        sha256: String::new(),
        content,
    })
}

fn link_to(target: PathBuf) -> Content {
    let escapes = target.is_absolute() || target.starts_with("..");
    Content::Link { target, escapes }
}

fn skill_of(path: &Path, folder: bool, files: Vec<SkillFile>, manifest: Manifest) -> Skill {
    let manifest_path = files
        .iter()
        .find(|file| file.path.eq_ignore_ascii_case("SKILL.md"))
        .map(|file| file.path.clone());
    Skill {
        name: manifest
            .name
            .clone()
            .unwrap_or_else(|| text_of(path.file_stem())),
        kind: if folder {
            SkillKind::Folder
        } else {
            SkillKind::File
        },
        root: path.to_owned(),
        manifest,
        manifest_path,
        files,
        digest: String::new(),
    }
}

fn text_of(name: Option<&std::ffi::OsStr>) -> String {
    name.unwrap_or_default().to_string_lossy().into_owned()
}

fn unreadable(path: &Path, source: std::io::Error) -> FixtureError {
    FixtureError::Read {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_blanked_and_nothing_moves() {
        let mut expected = BTreeSet::new();
        let text = b"a\nos.x() # expect: SEC-A-001, SEC-B-002\n<p> <!-- expect: SEC-C-003 --> q\n";
        let blanked = take_markers("f", text, &mut expected);
        assert_eq!(blanked.len(), text.len());
        assert!(!blanked.windows(6).any(|part| part == b"expect"));
        let found: Vec<_> = expected
            .iter()
            .map(|one| (one.line.unwrap(), one.rule.as_str()))
            .collect();
        assert_eq!(
            found,
            [(2, "SEC-A-001"), (2, "SEC-B-002"), (3, "SEC-C-003")]
        );
    }
}

//! What a file gives away by its path and content when it is written.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::{destroyed, hooks, packages, settings, shadowed, traces};
use crate::Kind;
use crate::expression::constant;
use crate::pattern::resolved::{Fact, What};
use crate::pattern::value::{Taint, UNKNOWN, Value};
use crate::pattern::{install_scripts, places};

/// What a visitor of a page sends is run by it.
static WEB_SHELL: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?i)(?:Runtime\.getRuntime\(\)\.exec|ProcessBuilder|Process\.Start|\beval|\bassert|\bsystem|\bpassthru|shell_exec|\bpopen|proc_open|\bexec|create_function|`)\s*[(`]?.{0,80}(?:\$_(?:GET|POST|REQUEST|COOKIE|SERVER|FILES)|request\.getParameter|Request(?:\.|\[|\()|\bparam\(|QUERY_STRING|php://input)",
    )
});

/// The checks that a file meets by its path and content.
pub(in crate::pattern::shell) fn written(
    path: &str,
    content: &Value,
    found: &mut Vec<(&'static str, String)>,
) {
    if destroyed::is_disk(path) {
        found.push(("shell-disk-overwritten", path.to_owned()));
    }
    if traces::is_history(path)
        && content.text.trim_matches(UNKNOWN).trim().is_empty()
        && content.taint == Taint::default()
    {
        found.push(("shell-traces-wiped", path.to_owned()));
    }
    let settings = [
        ".npmrc",
        "pip.conf",
        "pip.ini",
        ".yarnrc",
        ".yarnrc.yml",
        "uv.toml",
    ];
    if settings.iter().any(|name| path.ends_with(name))
        && packages::keeps_foreign_index(&content.text)
    {
        found.push(("shell-foreign-index", path.to_owned()));
    }
    if content.text.trim().is_empty()
        && content.taint == Taint::default()
        && !traces::is_history(path)
        && (places::is_credential(path) || path.starts_with("~/.ssh/"))
    {
        found.push(("shell-system-file-deleted", path.to_owned()));
    }
    if path.contains(".github/workflows/") && content.text.contains("toJSON(secrets)") {
        found.push(("shell-credentials-sent", path.to_owned()));
    }
    if let Some(hook) = hooks::kept(path, &content.text) {
        found.push(("shell-hooking-variable", hook));
    }
    if WEB_SHELL.is_match(&content.text) && is_page(path) {
        found.push(("shell-web-shell", path.to_owned()));
    }
    if install_scripts::is_install_script(path, &content.text) {
        found.push(("shell-install-script", path.to_owned()));
    }
    if path.trim_start_matches("./").starts_with("--checkpoint") {
        // A file whose name a careless `*` turns into an option.
        found.push(("shell-setting-runs", path.to_owned()));
    }
    if settings::kept(path, content) {
        found.push(("shell-setting-runs", path.to_owned()));
    }
    if shadowed::precedes(path) {
        found.push(("shell-shadowed-command", path.to_owned()));
    }
    let code = path
        .rsplit_once('.')
        .is_some_and(|(_, extension)| matches!(extension, "py" | "sh" | "js" | "pyw" | "ps1"));
    if code && content.taint.has(Taint::ENCODED) {
        found.push(("shell-encoded-script", path.to_owned()));
    }
}

/// A page that a web server runs.
fn is_page(path: &str) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    let pages = [
        "php", "phtml", "php5", "phar", "jsp", "jspx", "asp", "aspx", "ashx", "cfm", "cgi", "pl",
    ];
    pages.contains(&ending)
}

/// A program that the script writes and keeps out of version control, where nobody sees it.
pub(in crate::pattern::shell) fn hidden_script(facts: &[Fact]) -> Option<Fact> {
    let writes = || {
        facts.iter().filter_map(|fact| match &fact.what {
            What::Write { path, content } => Some((fact, path.as_str(), content)),
            _ => None,
        })
    };
    let name_of = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let programs: HashSet<String> = writes()
        .filter(|(_, path, content)| {
            Kind::identify(path, content.text.as_bytes()).is_program() || path.ends_with(".sh")
        })
        .map(|(_, path, _)| name_of(path))
        .collect();
    writes().find_map(|(fact, path, content)| {
        let ignores = path.ends_with(".gitignore") || path.ends_with("info/exclude");
        let mut names = content.text.lines().map(|line| name_of(line.trim()));
        let hidden = names.find(|name| !name.is_empty() && programs.contains(name));
        hidden
            .filter(|_| ignores)
            .map(|name| Fact::check(fact.span.clone(), "shell-script-hidden", name))
    })
}

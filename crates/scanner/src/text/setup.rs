//! Set-up instructions as the weapon: where a download comes from, and where a link really leads.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::Page;
use super::address::{Address, addresses};
use super::document::Document;
use super::host::{Place, domain};
use super::owner::Owner;
use crate::Sink;
use crate::expression::constant;

/// A command that runs what it fetches, on one line.
static PIPED: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r#"(?i)(?:\b(?:curl|wget|fetch|aria2c)\b[^\n|]{0,400}\|[^\n]{0,60}?\b(?:ba|z|da|k|fi)?sh\b|\b(?:curl|wget)\b[^\n|]{0,400}\|\s*(?:sudo\s+)?(?:python3?|node|perl|ruby|php|deno)(?:\s+-?\s*(?:$|[;&|`"')])|\s*$)|\b(?:ba|z)?sh\s+(?:-\w+\s+)?["']?(?:<\(|\$\(|`)\s*(?:curl|wget)|\b(?:eval|source)\s+["']?(?:<\(|\$\()\s*(?:curl|wget)|\b(?:iwr|irm|invoke-webrequest|invoke-restmethod|wget|curl)\b[^\n|]{0,300}\|\s*(?:iex|invoke-expression)|\b(?:iex|invoke-expression)\b[^\n]{0,40}\b(?:iwr|irm|invoke-|downloadstring|net\.webclient)|\bmshta(?:\.exe)?\s+["']?https?:|\bpython3?\s+-c\s+["'][^\n]{0,80}urlopen\([^\n]{0,200}\bexec\b)"#,
    )
});

/// Words by which a line asks to fetch or run something.
static FETCHES: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?i)\b(?:curl|wget|iwr|irm|invoke-webrequest|download\w*|install\w*|execut\w+|run|paste|git clone|pip3? install|npm i|npm install|npx|chmod|bash|sh|sudo|extract|unzip|open|visit)\b",
    )
});

/// Words that forbid what follows them.
static FORBIDS: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?i)(?-u:\b)(?:never|do not|don[’']t|avoid|instead of|rather than|must not|attackers?|malicious|e\.g\.,? an? attack)(?-u:\b)|[❌🚫⛔]",
    )
});

/// A sentence that forbids what the one before it named.
static TAKES_BACK: LazyLock<Regex> = LazyLock::new(|| {
    constant(r"(?i)[.!;] +(?:don[’']t|do not|never do|avoid (?:it|that|this))[.! ]*$")
});

/// `[text](target)`.
static LINK: LazyLock<Regex> =
    LazyLock::new(|| constant(r"\[([^\[\]\n]{3,200})\]\(\s*(https?://[^\s()<>]{3,400})"));

/// A text that is itself an address.
static BARE: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?i)^[\s*]*(?:https?://)?((?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|ai|app|co|sh|me|xyz|info|gov|edu|uk|de|fr|us|eu|cloud|tech|tools|run|site|page|online|gg|so|to|ly))(?:[/:?#][^\s]*)?[\s*]*$",
    )
});

/// Whether the words before a command forbid it.
pub(crate) fn forbids(before: &str) -> bool {
    FORBIDS.is_match(before)
}

/// Whether the words after a command take it back.
pub(crate) fn takes_back(after: &str) -> bool {
    TAKES_BACK.is_match(after)
}

/// Looks at every address of a document and at what its line does with it.
pub(crate) fn examine(page: &Page<'_>, document: &Document, sink: &mut Sink<'_>) {
    for address in addresses(page.text()) {
        let line = line_around(page.text(), &address.range);
        if document.describes(address.range.start) {
            continue;
        }
        source(page, page.owner(), &address, line, sink);
    }
    links(page, sink);
}

fn source(
    page: &Page<'_>,
    owner: &Owner,
    address: &Address<'_>,
    line: Range<usize>,
    sink: &mut Sink<'_>,
) {
    let text = page.text().get(line.clone()).unwrap_or("");
    let before = page
        .text()
        .get(line.start..address.range.start)
        .unwrap_or("");
    if forbids(before) {
        return;
    }
    let piped = PIPED
        .find_iter(text)
        .any(|found| line.start + found.start() < address.range.end);
    let fetches = piped || FETCHES.is_match(text);
    let mut found = |check: &str| {
        page.check(
            sink,
            check,
            address.range.clone(),
            Some(format!("from {}", address.host)),
        );
    };
    match address.place() {
        Place::Local => {}
        Place::Raw if fetches => found("setup-raw-address"),
        Place::Throwaway if fetches => found("setup-throwaway"),
        Place::Shortener if fetches => found("setup-shortener"),
        Place::Raw | Place::Throwaway | Place::Shortener => {}
        Place::Known if piped => found("setup-known-installer"),
        Place::Named if piped && owner.is_own(address.host) => found("setup-own-installer"),
        Place::Named if piped => found("setup-installer"),
        Place::Named if address.is_download() && fetches => found("setup-download"),
        Place::Known | Place::Named => {}
    }
}

fn line_around(text: &str, range: &Range<usize>) -> Range<usize> {
    let bytes = text.as_bytes();
    let low = range.start.saturating_sub(1_024);
    let before = bytes.get(low..range.start).unwrap_or_default();
    let start = memchr::memrchr2(b'\n', b'\r', before).map_or(low, |found| low + found + 1);
    let high = (range.end + 1_024).min(bytes.len());
    let after = bytes.get(range.end..high).unwrap_or_default();
    let end = memchr::memchr2(b'\n', b'\r', after).map_or(high, |found| range.end + found);
    let start = (start..=text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(start);
    let end = (end..=text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(end);
    start..end
}

fn links(page: &Page<'_>, sink: &mut Sink<'_>) {
    for captures in LINK.captures_iter(page.text()) {
        let (Some(text), Some(target)) = (captures.get(1), captures.get(2)) else {
            continue;
        };
        let Some(shown) = BARE.captures(text.as_str()).and_then(|one| one.get(1)) else {
            continue;
        };
        let Some(address) = addresses(target.as_str()).next() else {
            continue;
        };
        let (shown, real) = (
            shown.as_str().to_ascii_lowercase(),
            address.host.to_ascii_lowercase(),
        );
        if domain(&shown) != domain(&real) {
            let detail = format!("it shows {shown} and leads to {real}");
            page.check(
                sink,
                "link-mismatch",
                text.start()..target.end(),
                Some(detail),
            );
        }
    }
}

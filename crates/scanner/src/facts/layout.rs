//! What the layout of a file hides: code far to the right, far down, and in comments for other scanners.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use ruff_python_ast::ModModule;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::Parsed;
use ruff_text_size::{Ranged, TextRange, TextSize};

use unicode_normalization::UnicodeNormalization;

use super::checks::Check;
use super::interp::Interp;

/// Blanks within a line after which code is out of sight.
const FAR_RIGHT: usize = 120;
/// Blank lines after which code is out of sight.
const FAR_DOWN: usize = 400;

/// Looks for code that a reader would not see.
pub(crate) fn examine(text: &str, parsed: &Parsed<ModModule>, interp: &mut Interp<'_, '_>) {
    let mut last_end = TextSize::new(0);
    let mut depth = 0_u32;
    let plain = text.is_ascii();
    for token in parsed.tokens() {
        let kind = token.kind();
        let start = token.start();
        match kind {
            TokenKind::Newline
            | TokenKind::NonLogicalNewline
            | TokenKind::Indent
            | TokenKind::Dedent
            | TokenKind::EndOfFile => continue,
            TokenKind::Comment => {
                comment(text, token.range(), interp);
                last_end = token.end();
                continue;
            }
            TokenKind::Name if !plain => look_alike(text, token.range(), interp),
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => depth += 1,
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                depth = depth.saturating_sub(1)
            }
            _ => {}
        }
        let gap = (start - last_end).to_usize();
        if gap >= FAR_RIGHT {
            hidden(
                text,
                TextRange::new(last_end, start),
                token.range(),
                depth,
                interp,
            );
        }
        last_end = token.end();
    }
}

fn hidden(text: &str, gap: TextRange, token: TextRange, depth: u32, interp: &mut Interp<'_, '_>) {
    let blank = text
        .get(gap.start().to_usize()..gap.end().to_usize())
        .unwrap_or("");
    let after_break = blank.rfind(['\n', '\r']);
    let columns = blank.len() - after_break.map_or(0, |at| at + 1);
    let lines = memchr::memchr2_iter(b'\n', b'\r', blank.as_bytes()).count();
    let whole_line = after_break.is_some();
    if columns >= FAR_RIGHT && depth == 0 && !(whole_line && columns < 4 * FAR_RIGHT) {
        interp.report_check(
            Check::FarRight,
            token,
            Some(format!("after {columns} blanks")),
        );
    } else if lines >= FAR_DOWN {
        interp.report_check(
            Check::FarDown,
            token,
            Some(format!("after {lines} blank lines")),
        );
    }
}

/// A name in letters that Python turns into plain ones: a reader who searches for the plain name does not find it.
fn look_alike(text: &str, range: TextRange, interp: &mut Interp<'_, '_>) {
    let written = text
        .get(range.start().to_usize()..range.end().to_usize())
        .unwrap_or("");
    if written.is_ascii() {
        return;
    }
    let read: String = written.nfkc().collect();
    if read.len() > 1 && read.is_ascii() {
        interp.report_check(Check::LookAlike, range, Some(format!("read as `{read}`")));
    }
}

/// The comments with which scanners let themselves be switched off.
static SUPPRESSIONS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::new([
        "nosec",
        "nosemgrep",
        "ast-grep-ignore",
        "noaudit",
        "skillgate:",
        "skillgate-ignore",
        "pragma: no security",
        "noqa: S",
        "lgtm[",
        "nosonar",
        "NOSONAR",
        "codeql[",
        "guarddog-ignore",
        "bandit: skip",
        "type: ignore[security",
        "semgrep-ignore",
        "skipcq",
        "checkov:skip",
        "trivy:ignore",
        "kics-scan ignore",
        "pragma: allowlist",
        "gitleaks:allow",
        "bandit: disable",
        "agent-audit: ignore",
        "skill-scanner: ignore",
    ])
    .expect("the words are few and short")
});

fn comment(text: &str, range: TextRange, interp: &mut Interp<'_, '_>) {
    let comment = text
        .get(range.start().to_usize()..range.end().to_usize())
        .unwrap_or("");
    if let Some(found) = SUPPRESSIONS.find(comment) {
        let word = comment.get(found.range()).unwrap_or("");
        interp.report_check(Check::Suppression, range, Some(format!("`{word}`")));
    }
}

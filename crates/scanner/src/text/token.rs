//! Tokens of sentences, and what kind of thing each is.

use std::borrow::Cow;
use std::ops::Range;

/// Words that hyphens and slashes may join into one; more is no word.
const MAX_PARTS: usize = 6;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Word,
    Number,
    Url,
    Email,
    /// A number that money is sent to.
    Account,
    /// A path, a file name, an option: anything that is no word.
    Path,
}

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// The stem of a word, the lower-case text of anything else.
    pub(crate) text: Cow<'a, str>,
    pub(crate) kind: TokenKind,
    pub(crate) range: Range<usize>,
    /// Inside quotation marks.
    pub(crate) quoted: bool,
    /// Inside back-ticks.
    pub(crate) code: bool,
    /// Without an ending of tense, person or number.
    pub(crate) plain: bool,
    /// A comma or a colon stands before it.
    pub(crate) comma: bool,
    /// A semicolon or a dash stands before it.
    pub(crate) clause: bool,
}

/// What a word is by its characters.
pub(crate) fn kind_of(body: &str) -> TokenKind {
    if body.contains("://") || body.starts_with("www.") || body.starts_with("hxxp") {
        return TokenKind::Url;
    }
    if let Some((user, host)) = body.split_once('@')
        && user.bytes().any(|b| b.is_ascii_alphanumeric())
        && !body.contains('\\')
        && host
            .rsplit_once('.')
            .is_some_and(|(_, end)| is_top_level(end))
    {
        return TokenKind::Email;
    }
    if body
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'%' | b'$' | b'-'))
    {
        return TokenKind::Number;
    }
    if is_account(body) {
        return TokenKind::Account;
    }
    let odd = body
        .bytes()
        .any(|b| b.is_ascii() && !b.is_ascii_alphanumeric() && !matches!(b, b'\'' | b'-' | b'/'));
    let rooted = body.starts_with(['/', '-']) || body.matches('/').count() > 1;
    let many = body.matches(['-', '/']).count() >= MAX_PARTS;
    if odd || rooted || many {
        TokenKind::Path
    } else {
        TokenKind::Word
    }
}

/// The last part of a host name, which a version number has not.
fn is_top_level(label: &str) -> bool {
    label.len() > 1 && label.bytes().all(|b| b.is_ascii_alphabetic())
}

/// Countries of many IBANs, which are often written in groups of four.
const LANDS: [&str; 20] = [
    "AT", "BE", "CH", "CZ", "DE", "DK", "ES", "FI", "FR", "GB", "IE", "IT", "LT", "LU", "NL", "NO",
    "PL", "PT", "SE", "XX",
];

/// The beginning of an IBAN, or the address of a wallet.
fn is_account(body: &str) -> bool {
    let bytes = body.as_bytes();
    let wallet =
        body.starts_with("0x") && body.len() == 42 || body.starts_with("bc1") && body.len() > 25;
    let iban = matches!(bytes, [a, b, c, d, ..] if a.is_ascii_uppercase() && b.is_ascii_uppercase()
        && c.is_ascii_digit() && d.is_ascii_digit())
        && (bytes.len() >= 15
            || bytes.len() == 4 && body.get(..2).is_some_and(|land| LANDS.contains(&land)));
    (wallet || iban) && bytes.iter().all(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_money_is_sent_to_are_accounts() {
        for account in [
            "DE02",
            "DE02120300000000202051",
            "0x9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a",
        ] {
            assert_eq!(kind_of(account), TokenKind::Account, "{account}");
        }
        for word in ["IC50", "TP53", "H264", "DE", "0x12"] {
            assert_eq!(kind_of(word), TokenKind::Word, "{word}");
        }
    }

    #[test]
    fn a_version_behind_a_name_is_no_mail_address() {
        assert_eq!(kind_of("left-pad@1.3.0"), TokenKind::Path);
        assert_eq!(kind_of("a@b.example"), TokenKind::Email);
    }
}

//! Whether what looks like a secret can be one: checksums, structure, entropy, and no placeholder.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// What a format knows of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Validator {
    /// No placeholder, and as random as a key.
    Key,
    /// A key that ends in the CRC-32 of its body in base 62, as GitHub's and npm's do.
    Crc62,
    /// Three parts, of which the first two are JSON.
    Jwt,
    /// A value that somebody chose: no placeholder, no reference to a variable.
    Chosen,
}

/// Bits a character below which a string of key length is a word or a row of the same letter.
const KEY_BITS: f64 = 3.0;
/// The same for a password, which is shorter and often holds a word.
const CHOSEN_BITS: f64 = 2.5;

impl Validator {
    /// Whether `secret`, found in `line`, is one.
    pub(crate) fn holds(self, secret: &str, line: &str) -> bool {
        match self {
            Self::Key => {
                !is_placeholder(secret) && !is_placeholder_line(line) && entropy(secret) >= KEY_BITS
            }
            Self::Crc62 => {
                !is_placeholder(secret) && entropy(secret) >= KEY_BITS && crc_holds(secret)
            }
            Self::Jwt => is_jwt(secret),
            Self::Chosen => {
                !is_placeholder(secret)
                    && !is_reference(secret)
                    && !is_placeholder_line(line)
                    && entropy(secret) >= CHOSEN_BITS
            }
        }
    }
}

/// Shannon entropy in bits a character.
pub(crate) fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let total = f64::from(u32::try_from(text.len().max(1)).unwrap_or(u32::MAX));
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / total)
        .map(|share| -share * share.log2())
        .sum()
}

/// Words that stand in documentation where a secret would.
fn is_placeholder(secret: &str) -> bool {
    const WORDS: [&str; 29] = [
        "example",
        "placeholder",
        "your",
        "xxxx",
        "change",
        "dummy",
        "sample",
        "redacted",
        "insert",
        "replace",
        "secret-here",
        "todo",
        "fake",
        "test-key",
        "mytoken",
        "my-secret",
        "1234567890abcdef",
        "abcdef123456",
        "0123456789",
        "abcdefghij",
        "deadbeef",
        "00000000",
        "11111111",
        "aaaaaaaa",
        "....",
        "****",
        "foobar",
        "hunter2",
        "mock",
    ];
    let lower = secret.to_ascii_lowercase();
    WORDS.iter().any(|word| lower.contains(word)) || has_run(&lower)
}

fn is_placeholder_line(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    [
        "example",
        "placeholder",
        "replace",
        "your-",
        "your_",
        "<your",
        "dummy",
        "fake",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// Six of the same letter, or six in the order of the alphabet.
fn has_run(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(6).any(|run| {
        let step = |by: u8| {
            run.windows(2)
                .all(|pair| matches!(pair, [a, b] if *b == a.wrapping_add(by)))
        };
        step(0) || step(1)
    })
}

/// A variable, a template, a path, a call: what code puts in a secret's place.
fn is_reference(secret: &str) -> bool {
    secret.contains(['$', '{', '}', '<', '>', '(', ')', '[', ']', '%', ' ', '/'])
        || secret.starts_with("process.")
        || secret.starts_with("os.")
        || secret.starts_with("env.")
        || secret.starts_with("self.")
        || secret.contains("environ")
        || secret
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-' | b'.'))
        || secret
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'-'))
}

/// The last six characters are the CRC-32 of the thirty before them, in base 62.
fn crc_holds(secret: &str) -> bool {
    let Some((_, body)) = secret.split_once('_') else {
        return false;
    };
    let Some(split) = body.len().checked_sub(6) else {
        return false;
    };
    let (Some(random), Some(check)) = (body.get(..split), body.get(split..)) else {
        return false;
    };
    let mut rest = crc32(random.as_bytes());
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62
            .get(usize::try_from(rest % 62).unwrap_or(0))
            .copied()
            .unwrap_or(b'0');
        rest /= 62;
    }
    check.as_bytes() == digits
}

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |mut crc, byte| {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let mask = (crc & 1).wrapping_neg();
            crc = (crc >> 1) ^ (0xedb8_8320 & mask);
        }
        crc
    })
}

fn is_jwt(secret: &str) -> bool {
    let mut parts = secret.split('.');
    let mut is_json = |key: &str| {
        parts
            .next()
            .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok())
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .is_some_and(|text| text.starts_with('{') && text.contains(key))
    };
    is_json("\"alg\"")
        && is_json(":")
        && parts.next().is_some_and(|part| part.len() >= 20)
        && !secret.contains("SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digits_of_a_token_are_computed() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        let body = "k3Jx9QmZt7LpR2vWn8Yb4Hc6Df1Gs5";
        let mut rest = crc32(body.as_bytes());
        let mut digits = Vec::new();
        for _ in 0..6 {
            digits.insert(0, BASE62[(rest % 62) as usize]);
            rest /= 62;
        }
        let token = format!("ghp_{body}{}", String::from_utf8(digits).unwrap());
        assert!(Validator::Crc62.holds(&token, &token));
        assert!(!Validator::Crc62.holds("ghp_k3Jx9QmZt7LpR2vWn8Yb4Hc6Df1Gs5000000", ""));
    }

    #[test]
    fn placeholders_are_no_secrets() {
        for text in [
            "AKIAIOSFODNN7EXAMPLE",
            "sk_live_xxxxxxxxxxxxxxxxxxxxxxxx",
            "your-api-key-goes-here1",
        ] {
            assert!(!Validator::Key.holds(text, text), "{text}");
        }
        assert!(Validator::Key.holds("AKIAQ3EGRTJV7KXW2MBN", ""));
    }

    #[test]
    fn a_token_is_a_token_by_its_parts() {
        let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let body = URL_SAFE_NO_PAD.encode(r#"{"sub":"42"}"#);
        assert!(is_jwt(&format!(
            "{head}.{body}.c2lnbmF0dXJlLW9mLXNvbWV0aGluZw"
        )));
        assert!(!is_jwt("eyJhbGciOi.eyJzdWIi.short"));
    }
}

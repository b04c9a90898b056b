//! Signatures: one hash for one fault, wherever, whenever and with whatever values it occurs.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;
use sha2::{Digest, Sha256};
use skillgate_model::Signature;

use crate::normalise::normalise;
use crate::shape::shape;

/// Goes into every hash; it changes whenever one text could get another form.
pub const SIGNATURE_VERSION: &str = "skillgate-signature/1";

/// Longer classes and codes are cut; they come from the failing tool.
const WORD_LENGTH: usize = 80;

/// A failure as the caller saw it.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    /// The tool that failed.
    pub tool: &'a str,
    /// Class of the error; where it is empty, the message is asked.
    pub class: &'a str,
    /// Code of the error, where the caller knows one.
    pub code: &'a str,
    /// The message, with or without its stack trace.
    pub message: &'a str,
    /// What the tool was called with.
    pub arguments: &'a Value,
}

/// The canonical form of a failure.
pub fn sign(failure: &Failure<'_>) -> Signature {
    let raw = crate::normalise::message_of(failure.message);
    let (named, rest) = split_class(&raw);
    let class = match last_segment(failure.class) {
        "" => last_segment(named),
        given => given,
    };
    let message = match last_segment(named) == class {
        true => normalise(rest),
        false => normalise(&raw),
    };
    let class = word(class);
    let code = word(failure.code);
    let shape = shape(failure.arguments);
    let canonical =
        serde_json::json!([SIGNATURE_VERSION, failure.tool, class, code, message, shape]);
    Signature {
        hash: hash(&canonical.to_string()),
        tool: failure.tool.to_owned(),
        class,
        code,
        message,
        shape,
    }
}

/// SHA-256 in hex.
pub(crate) fn hash(text: &str) -> String {
    let digest = Sha256::digest(text);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `requests.exceptions.ConnectionError: text` → the class and the text.
fn split_class(message: &str) -> (&str, &str) {
    static CLASS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:Uncaught )?([A-Za-z_][\w.]*(?:Error|Exception|Warning|Timeout|Interrupt|Exit|Fault|Failure|NotFound|Expired))(?: \[[A-Z_]+\])?(?::\s*|$)")
            .expect("the pattern is a constant")
    });
    match CLASS.captures(message) {
        Some(found) => {
            let whole = found.get(0).map_or(0, |whole| whole.end());
            let class = found.get(1).map_or("", |class| class.as_str());
            (class, message.get(whole..).unwrap_or(""))
        }
        None => ("", message),
    }
}

/// Class names are told apart by their last part, because modules move between versions.
fn last_segment(class: &str) -> &str {
    let class = class.trim();
    class.rsplit(['.', ':']).next().unwrap_or(class)
}

fn word(text: &str) -> String {
    let kept = text.trim().chars().filter(|letter| !letter.is_control());
    kept.take(WORD_LENGTH).collect()
}

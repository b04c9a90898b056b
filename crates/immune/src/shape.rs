//! The shape of a call's arguments: keys and types, never values.

use std::collections::BTreeSet;

use serde_json::Value;

/// Deeper values are all alike.
const DEPTH: usize = 6;

/// Longer keys are data, not names.
const KEY_LENGTH: usize = 40;

/// Objects with more keys are tables keyed by data.
const KEYS: usize = 64;

/// Sorted keys and types; the same for other values of the same kind.
pub fn shape(arguments: &Value) -> String {
    let mut text = String::new();
    describe(arguments, DEPTH, &mut text);
    text
}

/// Names a shape in events and quarantines: 16 hex digits of its SHA-256.
pub fn part_of(arguments: &Value) -> String {
    let hash = crate::signature::hash(&shape(arguments));
    hash.chars().take(16).collect()
}

fn describe(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(_) => text.push_str("bool"),
        Value::Number(_) => text.push_str("number"),
        Value::String(_) => text.push_str("string"),
        Value::Array(_) | Value::Object(_) if depth == 0 => text.push('…'),
        Value::Array(items) => {
            let kinds: BTreeSet<_> = items.iter().map(|item| nested(item, depth)).collect();
            wrap(text, '[', &kinds, ']');
        }
        Value::Object(entries) => {
            let name = |key: &str| match entries.len() <= KEYS && is_name(key) {
                true => key.to_owned(),
                false => "<key>".to_owned(),
            };
            let fields = entries
                .iter()
                .map(|(key, item)| format!("{}:{}", name(key), nested(item, depth)))
                .collect();
            wrap(text, '{', &fields, '}');
        }
    }
}

fn nested(value: &Value, depth: usize) -> String {
    let mut text = String::new();
    describe(value, depth.saturating_sub(1), &mut text);
    text
}

fn wrap(text: &mut String, open: char, parts: &BTreeSet<String>, close: char) {
    text.push(open);
    for (number, part) in parts.iter().enumerate() {
        if number > 0 {
            text.push(',');
        }
        text.push_str(part);
    }
    text.push(close);
}

/// A key such as an account number or a token would make every call a shape of its own.
fn is_name(key: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphabetic() || b"_-.".contains(&byte);
    let digits = key.bytes().filter(u8::is_ascii_digit).count();
    key.len() <= KEY_LENGTH
        && digits <= 3
        && key.bytes().all(|byte| plain(byte) || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(arguments: &str, expected: Expect) {
        expected.assert_eq(&shape(&serde_json::from_str(arguments).unwrap()));
    }

    #[test]
    fn keys_are_sorted_and_values_forgotten() {
        check(
            r#"{"b": 1, "a": {"z": null, "y": [true, false, "x"]}}"#,
            expect!["{a:{y:[bool,string],z:null},b:number}"],
        );
    }

    #[test]
    fn a_key_that_is_data_has_no_name() {
        check(
            r#"{"8f14e45fceea167a": 1, "a b": 2, "sha256": 3}"#,
            expect!["{<key>:number,sha256:number}"],
        );
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        check(&deep, expect!["[[[[[[…]]]]]]"]);
    }
}

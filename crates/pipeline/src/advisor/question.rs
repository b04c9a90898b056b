//! What a model is asked, and the form its answer must have.

use serde_json::Value;

/// One question; the skill it is about is no part of it.
#[derive(Debug)]
pub(super) struct Question {
    /// The name of the answer's form.
    pub(super) name: &'static str,
    /// What the model is told before it sees the skill.
    pub(super) instruction: &'static str,
    /// What an answer must look like; it is checked again when it has come.
    pub(super) schema: Value,
}

/// A JSON object of exactly these keys.
pub(super) fn object(properties: Value) -> Value {
    let required: Vec<&String> = properties
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key)
        .collect();
    serde_json::json!({
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}

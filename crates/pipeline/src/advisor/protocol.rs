//! The two ways in which endpoints are asked and answer.

use serde::Deserialize;
use serde_json::{Value, json};

use super::AdvisorError;
use super::question::Question;

/// How a request is written and an answer read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Chat completions, which most local and hosted endpoints speak.
    OpenAi,
    /// Messages.
    Anthropic,
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Messages {
    content: Vec<Block>,
}

#[derive(Deserialize)]
struct Block {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    input: Option<Value>,
}

impl Protocol {
    pub(super) fn request(
        self,
        model: &str,
        tokens: u32,
        question: &Question,
        shown: &str,
    ) -> Vec<u8> {
        let Question {
            name,
            instruction,
            schema,
        } = question;
        let user = json!({ "role": "user", "content": shown });
        let body = match self {
            Self::OpenAi => json!({
                "model": model,
                "max_tokens": tokens,
                "temperature": 0,
                "messages": [{ "role": "system", "content": instruction }, user],
                "response_format": {
                    "type": "json_schema",
                    "json_schema": { "name": name, "schema": schema },
                },
            }),
            Self::Anthropic => json!({
                "model": model,
                "max_tokens": tokens,
                "temperature": 0,
                "system": instruction,
                "messages": [user],
                "tools": [{ "name": name, "description": "Takes the answer", "input_schema": schema }],
                "tool_choice": { "type": "tool", "name": name },
            }),
        };
        body.to_string().into_bytes()
    }

    pub(super) fn headers(self, key: Option<&str>) -> Vec<(&'static str, String)> {
        let key = key.map(|key| match self {
            Self::OpenAi => ("authorization", format!("Bearer {key}")),
            Self::Anthropic => ("x-api-key", key.to_owned()),
        });
        let version = match self {
            Self::OpenAi => None,
            Self::Anthropic => Some(("anthropic-version", "2023-06-01".to_owned())),
        };
        key.into_iter().chain(version).collect()
    }

    /// The JSON text that the model gave.
    pub(super) fn text(self, bytes: &[u8]) -> Result<String, AdvisorError> {
        let broken = |_| AdvisorError::Answer("it is not of the protocol");
        match self {
            Self::OpenAi => {
                let answer: Completion = serde_json::from_slice(bytes).map_err(broken)?;
                let first = answer.choices.into_iter().next();
                let text = first.and_then(|choice| choice.message.content);
                text.ok_or(AdvisorError::Answer("the model refused"))
            }
            Self::Anthropic => {
                let answer: Messages = serde_json::from_slice(bytes).map_err(broken)?;
                let used = answer
                    .content
                    .into_iter()
                    .find(|block| block.kind == "tool_use");
                let input = used.and_then(|block| block.input);
                let input = input.ok_or(AdvisorError::Answer("the model refused"))?;
                Ok(input.to_string())
            }
        }
    }
}

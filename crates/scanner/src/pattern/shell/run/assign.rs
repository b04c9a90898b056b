//! Variables that are set, and what is run because of it.

use std::ops::Range;

use super::Run;
use crate::Kind;
use crate::pattern::decode;
use crate::pattern::shell::What;
use crate::pattern::value::Value;

/// Shortest constant that is tried as base64, in bytes.
const MIN_ENCODED: usize = 24;

/// Variables whose value a shell or another program runs as a command.
const RUN_LATER: [&str; 9] = [
    "GIT_SSH_COMMAND",
    "GIT_PAGER",
    "GIT_EDITOR",
    "GIT_EXTERNAL_DIFF",
    "PAGER",
    "MANPAGER",
    "LESSOPEN",
    "EDITOR",
    "VISUAL",
];

impl Run {
    /// A long constant that spells a script in base64 or hex is a script, whoever decodes it.
    fn encoded_text(&mut self, value: &Value, span: &Range<usize>) {
        let Some(text) = value
            .known()
            .filter(|text| text.len() >= MIN_ENCODED && !text.contains([' ', '/', '.']))
        else {
            return;
        };
        let spelled = |how: &'static str, bytes: Option<Vec<u8>>| {
            let decoded = bytes.and_then(|bytes| String::from_utf8(bytes).ok())?;
            let script = decoded.contains(' ') && !decoded.contains('\0');
            script.then_some((how, decoded))
        };
        let found =
            spelled("hex", decode::hex(text)).or_else(|| spelled("base64", decode::base64(text)));
        if let Some((how, decoded)) = found {
            self.uncover(span, Kind::Shell, how, &decoded);
        }
    }

    pub(in crate::pattern::shell) fn assign(
        &mut self,
        name: &str,
        value: Value,
        span: &Range<usize>,
    ) {
        self.encoded_text(&value, span);
        if let Some((_, command)) = value.text.split_once("[$(") {
            // Arithmetic that reads the variable runs what stands in its index.
            let command = command
                .rsplit_once(")]")
                .map_or(command, |(command, _)| command);
            self.nested(command, span, &Value::default());
        }
        if name == "PS4" && value.text.contains("$(") {
            self.nested(&format!(": \"{}\"", value.text), span, &Value::default());
        }
        self.fact(
            span,
            What::Assign {
                name: name.to_owned(),
                value: value.text.clone(),
            },
        );
        if RUN_LATER.contains(&name) && value.text.contains(' ') {
            self.nested(&value.text, span, &Value::default());
        } else if name == "PROMPT_COMMAND" {
            self.at_each_prompt(&value, span);
        }
        self.variables.insert(name.to_owned(), value);
    }
}

//! Commands that a configuration starts: the servers and hooks of an agent, the tasks of an editor.

use std::ops::Range;

use serde_json::Deserializer;

use super::Page;
use crate::{Kind, Sink};

/// Names the program of a server, a hook or a task.
const COMMAND: &str = "\"command\"";
/// Names what the program is given.
const ARGUMENTS: &str = "\"args\"";
/// Keys under which hosts look for what they start.
const HOSTS: [&str; 4] = ["\"mcpServers\"", "\"servers\"", "\"hooks\"", "\"tasks\""];
/// Keys of a development container, run on the host or in it when the folder is opened.
const CONTAINER: [&str; 6] = [
    "\"initializeCommand\"",
    "\"onCreateCommand\"",
    "\"updateContentCommand\"",
    "\"postCreateCommand\"",
    "\"postStartCommand\"",
    "\"postAttachCommand\"",
];
/// Commands that one file is read for, which is more than any host starts.
const MAX_COMMANDS: usize = 1_000;
/// Bytes of an object in which its arguments are looked for.
const MAX_OBJECT: usize = 16_384;

/// Hands every command of a JSON file, with its arguments, to the engine of the shell.
pub(crate) fn uncover(page: &Page<'_>, sink: &mut Sink<'_>) {
    let text = page.text();
    if page.artifact.kind == Kind::Json && page.artifact.path.ends_with("devcontainer.json") {
        for key in CONTAINER {
            for at in memchr::memmem::find_iter(text.as_bytes(), key.as_bytes()) {
                let Some(value) = value_of(text, at + key.len()) else {
                    continue;
                };
                let words = first::<Vec<String>>(value).map(|words| quoted(&words));
                let Some(line) = words.or_else(|| first::<String>(value)) else {
                    continue;
                };
                let (first_line, _) = page.source.line_column(at);
                sink.uncover(
                    page.artifact
                        .part(Kind::Shell, line.into_bytes(), first_line - 1),
                );
            }
        }
    }
    let starts = |mark: &&str| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some();
    if page.artifact.kind != Kind::Json || !HOSTS.iter().any(starts) {
        return;
    }
    for at in memchr::memmem::find_iter(text.as_bytes(), COMMAND).take(MAX_COMMANDS) {
        if object_around(text, at).len() >= MAX_OBJECT {
            sink.incomplete("a command stands in a larger object than is read");
        }
        let Some(line) = command_line(text, at) else {
            continue;
        };
        let (first_line, _) = page.source.line_column(at);
        let bytes = line.into_bytes();
        sink.uncover(page.artifact.part(Kind::Shell, bytes, first_line - 1));
    }
}

/// The command at a key as the shell would read it.
fn command_line(text: &str, at: usize) -> Option<String> {
    let value = value_of(text, at + COMMAND.len())?;
    if let Some(words) = first::<Vec<String>>(value) {
        return Some(quoted(&words));
    }
    let command = first::<String>(value)?;
    let object = text.get(object_around(text, at))?;
    let arguments = object
        .find(ARGUMENTS)
        .and_then(|place| value_of(object, place + ARGUMENTS.len()))
        .and_then(first::<Vec<String>>);
    Some(match arguments {
        Some(arguments) => format!("{command} {}", quoted(&arguments)),
        None => command,
    })
}

/// What follows the colon of a key.
fn value_of(text: &str, after_key: usize) -> Option<&str> {
    text.get(after_key..)?.trim_start().strip_prefix(':')
}

fn first<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    let mut values = Deserializer::from_str(text).into_iter::<T>();
    values.next()?.ok()
}

/// Where the array after a key ends; braces and brackets in its texts do not count.
fn value_end(bytes: &[u8], from: usize, high: usize) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for at in from..high {
        match bytes.get(at) {
            _ if escaped => escaped = false,
            Some(b'\\') => escaped = quoted,
            Some(b'"') => quoted = !quoted,
            Some(b']') if !quoted => return at + 1,
            _ => {}
        }
    }
    high
}

/// The object around a key, as far as it holds no other; an array of arguments may hold braces.
fn object_around(text: &str, at: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let low = at.saturating_sub(MAX_OBJECT);
    let before = bytes.get(low..at).unwrap_or_default();
    let start = memchr::memrchr2(b'{', b'}', before).map_or(low, |found| low + found + 1);
    let high = (at + MAX_OBJECT).min(bytes.len());
    let after = bytes.get(at..high).unwrap_or_default();
    let end = memchr::memchr2(b'{', b'}', after).map_or(high, |found| at + found);
    let named = memchr::memmem::find(
        bytes.get(start..end).unwrap_or_default(),
        ARGUMENTS.as_bytes(),
    );
    let end = match named {
        // The array ends where its values do.
        Some(place) => value_end(bytes, start + place + ARGUMENTS.len(), high).max(end),
        None => end,
    };
    let boundary = |at: &usize| text.is_char_boundary(*at);
    let start = (start..=text.len()).find(boundary).unwrap_or(at);
    start..(end..=text.len()).find(boundary).unwrap_or(at)
}

/// Words as a shell would be given them.
pub(super) fn quoted(words: &[String]) -> String {
    let words = words.iter().map(|word| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=,+".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        command_line(text, text.find(COMMAND)?)
    }

    #[test]
    fn a_command_is_read_with_its_arguments() {
        let text =
            r#"{"a": {"command": "bash", "args": ["-c", "id | sh"]}, "b": {"command": "x"}}"#;
        assert_eq!(read(text).unwrap(), "bash -c 'id | sh'");
        let text = r#"{"a": {"args": ["-c", "id | sh"], "command": "bash"}}"#;
        assert_eq!(read(text).unwrap(), "bash -c 'id | sh'");
        let text = r#"{"command": ["bash", "-c", "it's"]}"#;
        assert_eq!(read(text).unwrap(), r"bash -c 'it'\''s'");
        assert_eq!(read(r#"{"command": "npm test"}"#).unwrap(), "npm test");
    }

    #[test]
    fn the_arguments_of_a_neighbour_are_not_taken() {
        let text = r#"{"a": {"command": "x"}, "b": {"command": "y", "args": ["z"]}}"#;
        assert_eq!(read(text).unwrap(), "x");
    }
}

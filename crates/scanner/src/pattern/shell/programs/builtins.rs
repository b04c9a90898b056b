//! The shell's own commands: what they write and which variables they set.

use std::sync::LazyLock;

use regex::Regex;

use super::super::call::Call;
use super::super::run::{Run, is_long_sequence};
use super::super::syntax;
use super::join;
use crate::Kind;
use crate::expression::constant;
use crate::pattern::value::{Taint, Value};

/// Shortest printed text that can tell an agent to do something, in bytes.
const MIN_SPOKEN: usize = 40;

/// How much one command prints that is followed, in bytes.
const MAX_PRINTED: usize = 64 << 10;

/// Longest question that is remembered, in characters.
const MAX_SAID: usize = 300;

/// Words by which a text speaks to an agent.
pub(in crate::pattern) static TELLS: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?i)\b(?:ignore (?:all|any|the|previous|prior|your)|(?:ai|coding|llm)?\s*(?:agent|assistant|model)s?\b.{0,40}\b(?:must|should|now|please)|system prompt|new instructions?|you (?:must|should|are now)|do not (?:tell|mention|inform|ask)|without (?:telling|asking|informing))",
    )
});

/// What a script prints is read by the agent that runs it.
pub(super) fn spoken(run: &mut Run, call: &Call<'_>, text: &Value) {
    if text.text.contains("]52;") {
        run.check(&call.span, "shell-terminal-told", "sets the clipboard");
    }
    if text.text.len() > MIN_SPOKEN && TELLS.is_match(&text.text) {
        run.uncover(&call.span, Kind::Markdown, "printed text", &text.text);
    }
}

pub(super) fn echo(run: &mut Run, call: &Call<'_>) -> Value {
    let mut rest = call.arguments;
    let mut escapes = false;
    while let Some((first, tail)) = rest.split_first()
        && matches!(first.text.as_str(), "-e" | "-n" | "-ne" | "-en" | "-E")
    {
        escapes |= first.text.contains('e');
        rest = tail;
    }
    let mut value = join(rest);
    spoken(run, call, &value);
    run.said = value.text.chars().take(MAX_SAID).collect();
    if escapes {
        let plain = syntax::unescape(&value.text);
        value = with_decoded(value, plain);
    }
    value.push(&Value::text("\n"));
    value
}

/// Text whose escapes spell letters was hidden, and counts as decoded.
fn with_decoded(value: Value, plain: String) -> Value {
    let hidden = value.text.matches("\\x").count()
        + value.text.matches("\\0").count()
        + value.text.matches("\\1").count()
        > 3;
    let taint = if hidden {
        value.taint | Taint::DECODED
    } else {
        value.taint
    };
    Value { text: plain, taint }
}

pub(super) fn printf(run: &mut Run, call: &Call<'_>) -> Value {
    let rest = match call.arguments {
        [flag, _, rest @ ..] if flag.text == "-v" => rest,
        rest => rest,
    };
    let Some((format, values)) = rest.split_first() else {
        return Value::default();
    };
    spoken(run, call, format);
    let template = with_decoded(format.clone(), syntax::unescape(&format.text));
    let mut output = Value::text("").tainted(template.taint);
    let mut values = values.iter();
    let mut rest = template.text.as_str();
    while let Some((at, verb)) = next_verb(rest) {
        let value = values.next().cloned().unwrap_or_default();
        let value = match verb {
            "%b" => with_decoded(value.clone(), syntax::unescape(&value.text)),
            _ => value,
        };
        output.text.push_str(rest.get(..at).unwrap_or_default());
        output.text.push_str(&value.text);
        output.taint |= value.taint;
        rest = rest.get(at + verb.len()..).unwrap_or_default();
        if output.text.len() > MAX_PRINTED {
            break;
        }
    }
    output.text.push_str(&rest.replace("%%", "%"));
    if format.text.matches('%').count() == 1 && next_verb(&format.text).is_some() {
        // The format is used again for every further value.
        for value in values.clone() {
            let verb = if format.text.contains("%s") {
                "%s"
            } else {
                "%b"
            };
            let text = match verb {
                "%b" => syntax::unescape(&value.text),
                _ => value.text.clone(),
            };
            output.text.push_str(&template.text.replace(verb, &text));
            if output.text.len() > MAX_PRINTED {
                break;
            }
        }
    }
    if output.text.len() > MAX_PRINTED {
        run.exhausted = true;
        output.text.truncate(floor(&output.text, MAX_PRINTED));
    }
    for value in values {
        output.taint |= value.taint;
        if is_long_sequence(&value.text) {
            output.taint |= Taint::REPEATED;
        }
    }
    run.said = output.text.chars().take(MAX_SAID).collect();
    output
}

/// Where the next value stands in a format, and how.
fn next_verb(format: &str) -> Option<(usize, &str)> {
    let mut from = 0;
    while let Some(found) = format.get(from..)?.find('%') {
        let at = from + found;
        match format.get(at..at + 2) {
            Some(verb @ ("%s" | "%b")) => return Some((at, verb)),
            Some("%%") => from = at + 2,
            _ => from = at + 1,
        }
    }
    None
}

/// The longest start of a text that fits.
fn floor(text: &str, most: usize) -> usize {
    (0..=most.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// `set -- a b c`: the words that `"$@"` stands for.
pub(super) fn positional(run: &mut Run, call: &Call<'_>) -> Value {
    if let [flags, name, value, ..] = call.arguments
        && flags.text.starts_with('-')
        && flags.text.contains(['U', 'x', 'g'])
        && flags.text != "-x"
        && !name.text.starts_with(['-', '+'])
    {
        // How fish sets a variable.
        run.assign(&name.text, value.clone(), &call.span);
    }
    if let Some((first, words)) = call.arguments.split_first()
        && first.text == "--"
    {
        run.variables.insert("@".to_owned(), join(words));
        for (index, word) in words.iter().enumerate().take(9) {
            run.variables.insert((index + 1).to_string(), word.clone());
        }
    }
    Value::default()
}

pub(super) fn declare(run: &mut Run, call: &Call<'_>) -> Value {
    let refers = call
        .arguments
        .first()
        .is_some_and(|option| option.text == "-n");
    let dumps = call
        .arguments
        .iter()
        .all(|argument| matches!(argument.text.as_str(), "-p" | "-x" | "-px" | "-xp"));
    if dumps {
        return Value::unknown(Taint::ENVIRONMENT);
    }
    for argument in call.arguments {
        if let Some((name, text)) = argument.text.split_once('=') {
            let value = Value {
                text: text.to_owned(),
                taint: argument.taint,
            };
            if refers {
                run.variables
                    .insert(format!("reference {name}"), value.clone());
            }
            run.assign(name, value, &call.span);
        }
    }
    Value::default()
}

pub(super) fn alias(run: &mut Run, call: &Call<'_>) -> Value {
    for argument in call.arguments {
        if let Some((name, text)) = argument.text.split_once('=') {
            let value = Value {
                text: text.to_owned(),
                taint: argument.taint,
            };
            run.variables.insert(format!("alias {name}"), value);
        }
    }
    Value::default()
}

pub(super) fn read(run: &mut Run, call: &Call<'_>) -> Value {
    let silent = call
        .arguments
        .iter()
        .any(|argument| argument.text.starts_with('-') && argument.text.contains('s'));
    let mut words = call.arguments.windows(2);
    if let Some([_, callback]) =
        words.find(|pair| matches!(pair, [option, _] if option.text == "-C"))
    {
        run.nested(&callback.text, &call.span, &Value::default());
    }
    let words = call
        .arguments
        .split_last()
        .map_or(call.arguments, |(_, words)| words);
    let prompt = join(words).text.to_ascii_lowercase();
    if silent
        && ["sudo", "password for", "passphrase for key"]
            .iter()
            .any(|word| prompt.contains(word))
    {
        // It asks in the words of a program that people trust.
        run.check(&call.span, "shell-shadowed-command", "asks like `sudo`");
    }
    if *call.input == Value::default()
        && let Some(answer) = call.arguments.last()
    {
        run.ask(&prompt, &answer.text);
    }
    let value = if silent && run.shadows {
        // What is typed unseen into something that bears the name of a program is a password.
        Value::unknown(Taint::SECRET)
    } else if *call.input == Value::default() {
        Value::unknown(Taint::ARGUMENT)
    } else {
        call.input.clone()
    };
    for argument in call.operands() {
        let mut line = value.clone();
        line.text = line.text.lines().next().unwrap_or("").to_owned();
        run.variables.insert(argument.text.clone(), line);
    }
    Value::default()
}

//! Programs that encode, decode and turn letters: `base64`, `openssl`, `tr`, `rev`.

use std::collections::{HashMap, HashSet};

use super::super::call::Call;
use super::super::run::{MANY, Run};
use super::super::syntax;
use super::filters::filter;
use super::transfer;
use crate::pattern::decode;
use crate::pattern::value::{self, Taint, Value};

/// `base64`, `xxd`, `gzip`: a decoder with one of these options, an encoder without.
pub(super) fn coded(run: &mut Run, call: &Call<'_>, decoding: &[&str]) -> Value {
    let options: Vec<&str> = call.words().filter(|text| text.starts_with('-')).collect();
    let decodes = options.iter().any(|option| decoding.contains(option))
        || decoding.contains(&options.join(" ").as_str());
    let mut source = if *call.input == Value::default() {
        filter(run, call)
    } else {
        call.input.clone()
    };
    for argument in call.arguments {
        source.taint |= argument.taint;
    }
    if !decodes {
        return Value::unknown(source.taint | Taint::ENCODED);
    }
    let taint = source.taint | Taint::DECODED;
    let text = source.known().and_then(|text| decode(&call.name, text));
    match text {
        Some(text) => Value { text, taint },
        None => Value::unknown(taint),
    }
}

/// A password that is hashed by what was made to be fast.
pub(super) fn hashed(run: &mut Run, call: &Call<'_>) {
    if call.input.taint.has(Taint::PASSWORD) {
        run.check(&call.span, "shell-password-hashed", call.name.clone());
    }
}

/// `yes` and a long `seq` write without end, or nearly.
pub(super) fn repeating(call: &Call<'_>) -> Value {
    let long = call.arguments.iter().any(|argument| {
        argument
            .text
            .parse()
            .is_ok_and(|number: u64| number >= MANY)
    });
    Value::unknown(if call.name == "yes" || long {
        Taint::REPEATED
    } else {
        Taint::default()
    })
}

/// `sed 's/x/y/g'` over a text that is known, with words that mean themselves.
pub(super) fn substituted(run: &mut Run, call: &Call<'_>) -> Option<Value> {
    let text = call.input.known().filter(|text| !text.is_empty())?;
    let [script] = call.arguments else {
        return None;
    };
    let mark = script.text.strip_prefix('s')?.chars().next()?;
    let mut parts = script.text.split(mark).skip(1);
    let (from, to, flags) = (parts.next()?, parts.next()?, parts.next()?);
    let plain = |word: &str| !word.contains(['\\', '[', '.', '*', '^', '$', '&', '(']);
    if from.is_empty() || !plain(from) || !plain(to) {
        return None;
    }
    let times = if flags.contains('g') { usize::MAX } else { 1 };
    let mut output = Value::text("").tainted(call.input.taint);
    for line in text.lines() {
        let line = value::replaced(line, from, to, times);
        let line = line.map_or_else(|| Value::unknown(Taint::default()), Value::text);
        run.exhausted |= line.known().is_none() || !output.fits(&line);
        output.push(&line);
        output.push(&Value::text("\n"));
    }
    let length = output.text.trim_end_matches('\n').len();
    output.text.truncate(length);
    Some(output)
}

fn decode(program: &str, text: &str) -> Option<String> {
    let compact: String = text.split_whitespace().collect();
    let bytes = match program {
        "base64" | "openssl" => decode::base64(&compact)?,
        "xxd" => decode::hex(&compact)?,
        _ => return None,
    };
    String::from_utf8(bytes).ok()
}

pub(super) fn openssl(run: &mut Run, call: &Call<'_>) -> Value {
    if call.has(&["s_client"]) {
        return transfer::raw_client(run, call);
    }
    let after = |option| call.after(&[option])?.first();
    if call.has(&["dgst", "md5", "sha1", "sha256", "sha512"]) {
        hashed(run, call);
    }
    let input = after("-in").map(|file| run.read(&file.text, &call.span));
    let inner = Call {
        name: call.name.clone(),
        arguments: call.arguments,
        input: input.as_ref().unwrap_or(call.input),
        span: call.span.clone(),
    };
    let output = coded(
        run,
        &inner,
        &["-d", "-base64 -d", "-d -base64", "-a -d", "-d -a", "-A -d"],
    );
    match after("-out") {
        Some(file) => {
            run.write(file, &output, &call.span);
            Value::default()
        }
        None => output,
    }
}

pub(super) fn reversed(run: &mut Run, call: &Call<'_>) -> Value {
    let source = if *call.input == Value::default() {
        filter(run, call)
    } else {
        call.input.clone()
    };
    let taint = source.taint | Taint::DECODED;
    match source.known() {
        Some(text) => Value {
            text: text.trim_end().chars().rev().collect(),
            taint,
        },
        None => Value::unknown(taint),
    }
}

/// Only a rotation of the alphabet hides text; other uses clean it.
pub(super) fn translate(run: &mut Run, call: &Call<'_>) -> Value {
    if let [option, noise] = call.arguments
        && matches!(option.text.as_str(), "-d" | "--delete")
        && let (Some(text), Some(noise)) = (call.input.known(), noise.known())
    {
        let noise: HashSet<char> = ranges(&syntax::unescape(noise)).into_iter().collect();
        let text: String = text.chars().filter(|one| !noise.contains(one)).collect();
        return Value::text(text).tainted(call.input.taint);
    }
    let [from, to, ..] = call.arguments else {
        return filter(run, call);
    };
    let source = call.input.clone();
    let (from, to) = (ranges(&from.text), ranges(&to.text));
    let letters = from.iter().filter(|letter| letter.is_alphabetic()).count();
    let moved = from
        .iter()
        .zip(&to)
        .filter(|(a, b)| !a.eq_ignore_ascii_case(b) && a.is_alphabetic() && b.is_alphabetic())
        .count();
    let taint = if letters >= 10 && moved >= 10 {
        source.taint | Taint::DECODED
    } else {
        source.taint
    };
    // Of a letter that stands twice in the set, the last one counts.
    let last = to.last().copied();
    let mapped: HashMap<char, char> = from
        .iter()
        .enumerate()
        .filter_map(|(at, one)| Some((*one, to.get(at).copied().or(last)?)))
        .collect();
    let map = |c: char| mapped.get(&c).copied().unwrap_or(c);
    match source.known() {
        Some(text)
            if !call
                .arguments
                .iter()
                .any(|argument| argument.text.starts_with('-')) =>
        {
            Value {
                text: text.chars().map(map).collect(),
                taint,
            }
        }
        _ => Value::unknown(taint),
    }
}

/// Letters of one range of a set; an alphabet has fewer.
const MAX_RANGE: usize = 256;

/// `a-z` and what else `tr` writes as a set.
fn ranges(set: &str) -> Vec<char> {
    let characters: Vec<char> = set.chars().collect();
    let mut all = Vec::new();
    let mut rest = characters.as_slice();
    while let Some((first, tail)) = rest.split_first() {
        match tail {
            ['-', last, after @ ..] => {
                all.extend((*first..=*last).take(MAX_RANGE));
                rest = after;
            }
            _ => {
                all.push(*first);
                rest = tail;
            }
        }
    }
    all
}

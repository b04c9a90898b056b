//! The effects of a call: their kinds, and the resources as far as the arguments tell.

use std::cell::RefCell;
use std::collections::BTreeSet;

use ruff_text_size::TextRange;
use skillgate_model::{Effect, EffectKind};

use super::args::{Args, any_text};
use super::index::{Compiled, Resource};
use super::interp::Interp;
use super::matching::Form;
use super::value::{GAP, Shape, Value};
use crate::authority::authority;

impl<'a, 's> Interp<'a, 's> {
    /// The effects of a match: one, or two when a mode is not known.
    pub(crate) fn effects(
        &self,
        compiled: &Compiled,
        args: &Args<'a>,
        receiver: Option<&Value<'a>>,
    ) -> Vec<Option<Effect>> {
        let Some(kind) = compiled.rule.effect else {
            return vec![None];
        };
        let Some(resource) = &compiled.resource else {
            return vec![Some(Effect::any(kind))];
        };
        let kinds = match &resource.mode {
            Some(mode) => open_kinds(kind, args.select(mode, receiver)),
            None => vec![kind],
        };
        let resources = self.resources(resource, args, receiver);
        kinds
            .iter()
            .flat_map(|kind| {
                resources.iter().map(|resource| {
                    Some(Effect {
                        kind: *kind,
                        resource: resource.clone(),
                    })
                })
            })
            .collect()
    }

    /// Reports the rules that speak of effects such as this one.
    pub(crate) fn resource_rules(
        &mut self,
        compiled: &'s Compiled,
        effect: &Effect,
        args: &Args<'a>,
        receiver: Option<&Value<'a>>,
        range: TextRange,
        shown: &str,
    ) {
        let index = self.index;
        let Some(resource) = &compiled.resource else {
            return;
        };
        let Some(value) = args.select(&resource.argument, receiver) else {
            return;
        };
        let words = (resource.form == Form::Command && args.positional.len() > 1)
            .then(|| command_line(args));
        let value = words.as_ref().unwrap_or(value);
        let Some(rules) = index.effects.get(&effect.kind) else {
            return;
        };
        let speaking = RefCell::new(BTreeSet::new());
        any_text(value, &|text| {
            rules.speak_of(text, &mut speaking.borrow_mut());
            false
        });
        for rule in speaking.into_inner() {
            let Some(rule) = index.rule(rule) else {
                continue;
            };
            if self.is_due(&rule.when) {
                let detail = self.at_what_time(shown.to_owned());
                self.report(&rule.rule, range, Some(effect.clone()), Some(detail));
            }
        }
    }

    fn resources(
        &self,
        resource: &Resource,
        args: &Args<'a>,
        receiver: Option<&Value<'a>>,
    ) -> Vec<Option<String>> {
        match args.select(&resource.argument, receiver) {
            Some(value) => value
                .choices()
                .iter()
                .map(|value| read_resource(resource.form, value))
                .collect(),
            None => vec![None],
        }
    }
}

/// The arguments of `execvp("rm", ["rm", "-r"])` and of `exec("rm", "-r")`, one after the other.
fn command_line<'a>(args: &Args<'a>) -> Value<'a> {
    let mut words = Vec::new();
    for value in &args.positional {
        match &value.shape {
            Shape::List(items) => words.extend(items.iter().cloned()),
            _ => words.push(value.clone()),
        }
    }
    Value::list(words)
}

/// Reads for `r`, writes for `w`, both when the mode is not known.
fn open_kinds(read: EffectKind, mode: Option<&Value<'_>>) -> Vec<EffectKind> {
    let Some(mode) = mode else { return vec![read] };
    match mode.as_text() {
        Some(mode) if mode.contains('+') => vec![read, EffectKind::FilesystemWrite],
        Some(mode) if mode.contains(['w', 'a', 'x']) => vec![EffectKind::FilesystemWrite],
        Some(_) => vec![read],
        None => vec![read, EffectKind::FilesystemWrite],
    }
}

fn read_resource(form: Form, value: &Value<'_>) -> Option<String> {
    let text = match &value.shape {
        Shape::List(items) if form == Form::Command => items.first()?.as_text()?.to_owned(),
        Shape::List(items) if form == Form::Host => {
            let host = items.first()?.as_text()?;
            match items.get(1).and_then(Value::as_int) {
                Some(port) => format!("{host}:{port}"),
                None => host.to_owned(),
            }
        }
        Shape::Bytes(data) => std::str::from_utf8(data).ok()?.to_owned(),
        _ => value.as_gapped()?.to_owned(),
    };
    let text = match form {
        Form::Url => host_of(&text)?,
        Form::Command => {
            let first = text.split_whitespace().next()?;
            first.rsplit('/').next()?.to_owned()
        }
        Form::Path | Form::Host | Form::Name => text,
    };
    (!text.is_empty() && !text.contains(GAP) && text.len() <= 4096).then_some(text)
}

/// `https://user@host:443/path` → `host:443`; the port of the scheme where none is written.
pub(super) fn host_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = authority(rest);
    if host.contains(GAP) || host.is_empty() {
        return None;
    }
    let has_port = host
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let port = match scheme.to_ascii_lowercase().as_str() {
        _ if has_port => return Some(host.to_ascii_lowercase()),
        "https" | "wss" => 443,
        "ftp" => 21,
        "http" | "ws" => 80,
        _ => return Some(host.to_ascii_lowercase()),
    };
    Some(format!("{}:{port}", host.to_ascii_lowercase()))
}

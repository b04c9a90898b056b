//! The rules that speak of a call: those on its callee and arguments, and those on what flows into it.

use ruff_text_size::TextRange;

use super::args::Args;
use super::index::{Entry, RuleId};
use super::interp::Interp;
use super::origin::{Origins, Services};
use super::value::{Shape, Value};

impl<'a, 's> Interp<'a, 's> {
    /// Reports the rules among `rules` whose conditions the arguments meet.
    pub(crate) fn matched(
        &mut self,
        rules: &'s [RuleId],
        args: &Args<'a>,
        receiver: Option<&Value<'a>>,
        range: TextRange,
        shown: &str,
    ) {
        let index = self.index;
        for id in rules {
            let Some(compiled) = index.rule(*id) else {
                continue;
            };
            if !self.is_due(&compiled.when) {
                continue;
            }
            let depends = args
                .all()
                .chain(receiver)
                .any(|value| value.from.meets(Origins::INNER));
            self.depends |= depends && compiled.has_conditions();
            if !compiled.holds(args, receiver) {
                continue;
            }
            let detail = self.at_what_time(shown.to_owned());
            for effect in self.effects(compiled, args, receiver) {
                self.depends |= depends && effect.is_some();
                if let Some(effect) = &effect {
                    self.resource_rules(compiled, effect, args, receiver, range, shown);
                }
                self.report(&compiled.rule, range, effect, Some(detail.clone()));
            }
        }
    }

    /// Reports the flows that end in this call.
    pub(crate) fn flows(
        &mut self,
        entry: &'s Entry,
        args: &Args<'a>,
        receiver: Option<&Value<'a>>,
        range: TextRange,
        shown: &str,
    ) {
        for sink in &entry.sinks {
            if let Some(keyword) = &sink.only_if {
                let given = args.keyword(keyword);
                if given.is_none_or(|value| value.truth() == Some(false))
                    && !super::launchers::is_shell_line(args)
                {
                    continue;
                }
            }
            let mut from = Origins::NONE;
            let mut services = Services::NONE;
            let shows = Some(sink.class) == self.index.html;
            let leads = [self.index.host, self.index.redirect].contains(&Some(sink.class));
            let mut add = |value: &Value<'a>| {
                let elsewhere = !leads
                    || !value
                        .as_gapped()
                        .is_some_and(super::sanitizers::names_its_host);
                // A dictionary is sent as JSON.
                let is_data = shows && matches!(value.shape, Shape::Dict(_));
                if elsewhere && !is_data && !value.safe.has(sink.class) {
                    from = from.union(value.from);
                    services = services.union(value.services);
                }
                if !self.dropped.is_empty() && self.names_dropped(value) {
                    from = from.union(Origins::DROPPED);
                }
            };
            if sink.arguments.is_empty() {
                args.all().for_each(&mut add);
            } else {
                args.select(&sink.arguments, receiver)
                    .into_iter()
                    .chain(&args.rest)
                    .for_each(&mut add);
            }
            if Some(sink.class) == self.index.log && from.meets(Origins::PRIVATE) {
                self.logged_secret.get_or_insert(range);
            }
            if services.are_several() {
                from = from.union(Origins::SEVERAL);
            }
            if Some(sink.class) == self.index.destroy {
                self.destroyed.get_or_insert(range);
            }
            if Some(sink.class) == self.index.spawn {
                self.options_given(args, range);
            }
            if Some(sink.class) == self.index.network && services != Services::NONE {
                self.credential_sent(services, args, range);
            }
            self.flow_into(sink.class, from, args, receiver, range, shown);
        }
    }

    /// Whether the value is, or lists, a path to which remote or decoded data was written.
    pub(crate) fn names_dropped(&self, value: &Value<'a>) -> bool {
        let known = |value: &Value<'a>| {
            value
                .as_gapped()
                .is_some_and(|text| self.dropped.contains(text))
        };
        match &value.shape {
            // What merely reads a file that came from elsewhere does not start it.
            Shape::List(items) => match items.first() {
                Some(first) => {
                    let starts = first.as_text().is_none_or(super::launchers::starts);
                    (starts || known(first)) && items.iter().take(16).any(known)
                }
                None => false,
            },
            Shape::Str(text) => {
                let mut words = text.split_whitespace().take(16);
                known(value)
                    || super::launchers::starts(text)
                        && words.any(|word| self.dropped.contains(word))
                    || words.next().is_some_and(|word| self.dropped.contains(word))
            }
            _ => value.choices().iter().any(known),
        }
    }

    pub(crate) fn flow_into(
        &mut self,
        class: u8,
        from: Origins,
        args: &Args<'a>,
        receiver: Option<&Value<'a>>,
        range: TextRange,
        shown: &str,
    ) {
        if from.is_empty() {
            return;
        }
        let index = self.index;
        self.depends |= from.meets(Origins::INNER);
        for flow in index.flows.get(class as usize).into_iter().flatten() {
            let passes = from.meets(flow.from)
                && (flow.and.is_empty() || from.meets(flow.and))
                && !from.meets(flow.but);
            let Some(compiled) = index.rule(flow.rule) else {
                continue;
            };
            if passes && self.is_due(&compiled.when) && compiled.holds(args, receiver) {
                let origins = from
                    .without(Origins::INNER)
                    .without(Origins::BUILT)
                    .without(Origins::FOLDED)
                    .describe();
                let detail = self.at_what_time(format!("from {origins} to {shown}"));
                let effects = self.effects(compiled, args, receiver);
                self.report(
                    &compiled.rule,
                    range,
                    effects.into_iter().next().flatten(),
                    Some(detail),
                );
            }
        }
    }
}

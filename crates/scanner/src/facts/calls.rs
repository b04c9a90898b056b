//! Calls: the rules that speak of the callee, the flow into its arguments, and what comes back.

use super::args::Args;
use super::index::Entry;
use super::index::RuleId;
use super::interp::Interp;
use super::interp::MAX_CALLS;
use super::intrinsic::Intrinsic;
use super::join::join;
use super::names::CALLED;
use super::names::Name;
use super::origin::Origins;
use super::origin::Services;
use super::origin::Sinks;
use super::value::Shape;
use super::value::Text;
use super::value::Value;
use ruff_python_ast::Expr;
use ruff_text_size::TextRange;
use std::rc::Rc;

impl<'a, 's> Interp<'a, 's> {
    /// Calls a method: `name` of `receiver`.
    pub(crate) fn call_method(
        &mut self,
        receiver: &Value<'a>,
        name: &'a str,
        args: &Args<'a>,
        target: Option<&'a Expr>,
        name_range: TextRange,
        range: TextRange,
    ) -> Value<'a> {
        match name {
            "__getattribute__" | "__getattr__" if args.positional.len() == 1 => {
                let both = args.preceded_by(receiver);
                return self.getattr(&both, range).unwrap_or(Value::UNKNOWN);
            }
            "to_bytes" => {
                if let Some(value) = self.bytes_of_number(receiver, args, target) {
                    return value;
                }
            }
            "__getitem__" if !args.positional.is_empty() => {
                let key = args.at(0).cloned().unwrap_or(Value::UNKNOWN);
                return self.subscript(receiver, &key, range);
            }
            _ => {}
        }
        self.credential_follows(target, args, range);
        if let Some(mut result) = self.builtin_method(receiver, name, args, target, range) {
            self.replaced_parts(name, args, &mut result);
            return result;
        }
        let callee = self.attribute(receiver, name, name_range);
        let unknown = matches!(
            callee.shape,
            Shape::Unknown | Shape::Foreign | Shape::Names(_)
        );
        if !unknown {
            return self.call(&callee, args, Some(receiver), range);
        }
        let mut result = self.call_unknown_method(receiver, name, args, range);
        self.replaced_parts(name, args, &mut result);
        result
    }

    pub(crate) fn call_unknown_method(
        &mut self,
        receiver: &Value<'a>,
        name: &str,
        args: &Args<'a>,
        range: TextRange,
    ) -> Value<'a> {
        let index = self.index;
        let mut result = args.blend();
        result.taint_with(receiver);
        self.run_callables(args, range);
        if let Some(entry) = index.method(name) {
            let shown = format!("`.{name}`");
            self.matched(&entry.calls, args, Some(receiver), range, &shown);
            self.flows(entry, args, Some(receiver), range, &shown);
            if entry.sinks.is_empty() && entry.source.is_empty() {
                return cleaned(result, entry);
            }
            result = receiver.derived().from(entry.source);
        }
        self.cleaned_by_name(name, &mut result);
        if let ("get" | "pop", Some(key)) = (name, args.at(0)) {
            result = self.one_variable(result, key);
        }
        result
    }

    /// Calls a value with values, from a place that is no call expression.
    pub(crate) fn call_value(
        &mut self,
        callee: &Value<'a>,
        values: Vec<Value<'a>>,
        range: TextRange,
    ) -> Value<'a> {
        self.call(callee, &Args::of(values), None, range)
    }

    /// Calls a value.
    pub(crate) fn call(
        &mut self,
        callee: &Value<'a>,
        args: &Args<'a>,
        receiver: Option<&Value<'a>>,
        range: TextRange,
    ) -> Value<'a> {
        const DEEPEST: u32 = 24;
        if self.call_depth >= DEEPEST {
            return args.blend();
        }
        self.call_depth += 1;
        let result = self.deeper(|this| this.call_shape(callee, args, receiver, range));
        self.call_depth -= 1;
        result.unwrap_or(Value::UNKNOWN)
    }

    pub(crate) fn call_shape(
        &mut self,
        callee: &Value<'a>,
        args: &Args<'a>,
        receiver: Option<&Value<'a>>,
        range: TextRange,
    ) -> Value<'a> {
        match &callee.shape {
            Shape::Name(name) => self.call_name(*name, callee, args, receiver, range),
            Shape::Function(id) => {
                self.call_range = range;
                let method = self
                    .functions
                    .get(*id as usize)
                    .is_some_and(|function| function.class.is_some() && !function.is_static);
                match receiver {
                    Some(receiver) if method && !matches!(receiver.shape, Shape::Class(_)) => {
                        self.follow(*id, &args.preceded_by(receiver))
                    }
                    _ => self.follow(*id, args),
                }
            }
            Shape::Bound(bound) => {
                let bound = bound.clone();
                let (receiver, callee) = &*bound;
                self.call(callee, args, Some(receiver), range)
            }
            Shape::Partial(partial) => {
                let partial = partial.clone();
                if let Some(picker) = self.picker(&partial.0) {
                    return self.pick(&partial.1, picker, args, range);
                }
                let mut all = args.clone();
                for (at, value) in partial.1.iter().enumerate() {
                    all.positional.insert(at, value.clone());
                }
                self.call(&partial.0, &all, receiver, range)
            }
            Shape::Class(id) => {
                self.call_range = range;
                self.construct(*id, args)
            }
            Shape::Instance(id) => match self.class_attribute(*id, "__call__", 0) {
                Some(method) => self.call(&method, args, Some(callee), range),
                None => args.blend(),
            },
            Shape::OneOf(values) => {
                let values = values.clone();
                let mut results = values
                    .iter()
                    .map(|value| self.call(value, args, receiver, range))
                    .collect::<Vec<_>>()
                    .into_iter();
                let first = results.next().unwrap_or(Value::UNKNOWN);
                results.fold(first, join)
            }
            Shape::Picked(picked) => {
                self.picked_is_called(*picked, range);
                self.run_callables(args, range);
                args.blend().with(callee)
            }
            _ => {
                self.run_callables(args, range);
                let mut result = args.blend().with(callee);
                // What a wrapped function gives back is its result, not its arguments.
                result.from = result.from.without(Origins::WRAPPED);
                result
            }
        }
    }

    pub(crate) fn call_name(
        &mut self,
        name: Name,
        callee: &Value<'a>,
        args: &Args<'a>,
        receiver: Option<&Value<'a>>,
        range: TextRange,
    ) -> Value<'a> {
        let index = self.index;
        let entry = index.entry(name);
        let mut keeps_origins = true;
        if let Some(entry) = entry {
            if !entry.calls.is_empty() || !entry.sinks.is_empty() {
                let shown = self.quoted(name);
                self.matched(&entry.calls, args, receiver, range, &shown);
                self.flows(entry, args, receiver, range, &shown);
            }
            if entry.sets
                && let (Some(key), Some(value)) = (args.at(0).and_then(Value::as_text), args.at(1))
            {
                self.assigned(key, value, range, true);
            }
            keeps_origins = entry.sinks.is_empty();
            if entry.runs {
                self.depends |= args.all().any(|value| value.from.meets(Origins::INNER));
            }
            if let Some(intrinsic) = entry.intrinsic
                && let Some(result) = self.intrinsic(intrinsic, name, args, receiver, range)
            {
                return cleaned(result, entry);
            }
        }
        self.run_callables(args, range);
        let mut result = match index.names.child(name, CALLED) {
            Some(object) => {
                let object = self.named(object);
                keeps_origins &= object.from.is_empty();
                object
            }
            None => Value::UNKNOWN,
        };
        if result.from.meets(Origins::CAPTURE) {
            self.captured.get_or_insert(range);
        }
        if result.from.meets(Origins::OUTPUT) {
            if super::launchers::prints_own_work(args) {
                result.from = result.from.without(Origins::OUTPUT);
            }
            if let Some(path) = super::launchers::fetched_to(args) {
                self.dropped.insert(path);
            }
            result.from = result.from.union(super::launchers::origins_of_output(args));
            if super::launchers::change_clipboard(args) {
                self.clipboard_changed.get_or_insert(range);
            }
        }
        if keeps_origins {
            result.taint_with(&args.blend());
        }
        if let Some(receiver) = receiver {
            result.taint_with(receiver);
        }
        let from = callee.from;
        if !from.is_empty() && keeps_origins {
            result.taint_with(&Value {
                shape: Shape::Unknown,
                ..callee.clone()
            });
        }
        entry.map_or(result.clone(), |entry| cleaned(result, entry))
    }

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
            let rest = args.rest.is_some();
            let depends = args
                .all()
                .chain(receiver)
                .any(|value| value.from.meets(Origins::INNER));
            if depends
                && !(compiled.arguments.is_empty()
                    && compiled.any.is_none()
                    && compiled.receiver.is_none())
            {
                self.depends = true;
            }
            let holds = compiled
                .arguments
                .iter()
                .all(|(selectors, test)| test.holds(args.select(selectors, receiver), rest))
                && compiled
                    .any
                    .as_ref()
                    .is_none_or(|test| args.all().any(|value| test.holds(Some(value), rest)))
                && compiled
                    .receiver
                    .as_ref()
                    .is_none_or(|test| test.holds(receiver, rest));
            if !holds {
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
            let rest = args.rest.is_some();
            if !passes || !self.is_due(&compiled.when) {
                continue;
            }
            let holds = compiled
                .arguments
                .iter()
                .all(|(selectors, test)| test.holds(args.select(selectors, receiver), rest))
                && compiled
                    .any
                    .as_ref()
                    .is_none_or(|test| args.all().any(|value| test.holds(Some(value), rest)));
            if holds {
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

    /// Callables handed to something that is not known are taken to be called.
    pub(crate) fn run_callables(&mut self, args: &Args<'a>, range: TextRange) {
        if self.calls.len() >= MAX_CALLS {
            return;
        }
        for value in args.all() {
            if let Shape::Bound(_) | Shape::Partial(_) = value.shape {
                self.call(value, &Args::default(), None, range);
            }
        }
    }

    pub(crate) fn picker(&self, callee: &Value<'a>) -> Option<Intrinsic> {
        let intrinsic = self.index.entry(callee.as_name()?)?.intrinsic?;
        let picks = matches!(
            intrinsic,
            Intrinsic::AttrGetter | Intrinsic::ItemGetter | Intrinsic::MethodCaller
        );
        picks.then_some(intrinsic)
    }

    /// An instance with text as its path, for the methods of `pathlib`.
    pub(crate) fn path_of(text: &str, like: &Value<'a>) -> Value<'a> {
        Value::of(Shape::Path(Text::Owned(Rc::from(text)))).with(like)
    }
}

/// A result after a callee that makes values safe.
fn cleaned<'a>(mut value: Value<'a>, entry: &Entry) -> Value<'a> {
    if let Some(sinks) = entry.cleans {
        if sinks == Sinks::ALL {
            value.from = Origins::NONE;
            value.safe = Sinks::ALL;
        } else {
            value.safe = value.safe.union(sinks);
        }
    }
    value
}

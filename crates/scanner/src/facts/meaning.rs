//! What the known callables give back.

use super::args::Args;
use super::checks::Check;
use super::decoders;
use super::fold::GAP_TEXT;
use super::interp::Interp;
use super::intrinsic::Intrinsic;
use super::names::CALLED;
use super::names::Name;
use super::origin::Origins;
use super::value::GAP;
use super::value::Shape;
use super::value::Text;
use super::value::Value;
use ruff_text_size::TextRange;
use std::rc::Rc;

impl<'a> Interp<'a, '_> {
    /// The result of a known callable; `None` when nothing better is known than of any other.
    pub(crate) fn intrinsic(
        &mut self,
        intrinsic: Intrinsic,
        name: Name,
        args: &Args<'a>,
        receiver: Option<&Value<'a>>,
        range: TextRange,
    ) -> Option<Value<'a>> {
        let first = args.at(0);
        match intrinsic {
            Intrinsic::Getattr => self.getattr(args, range),
            Intrinsic::Setattr => {
                let value = args.at(2)?;
                self.hooked_in_container(value, range);
                if args.at(1)?.as_text().is_none() {
                    self.picked(first?, args.at(1)?, range);
                }
                if let (Some(name), Some(Shape::Str(Text::Borrowed(attr)))) =
                    (first?.as_name(), args.at(1).map(|attr| &attr.shape))
                {
                    self.patches.insert((name.0, attr), value.clone());
                }
                Some(Value::of(Shape::Nothing))
            }
            Intrinsic::Members => Some(self.members(first)),
            Intrinsic::Vars => Some(match first {
                Some(object) => object.clone(),
                None => Value::of(Shape::Names(self.scope.clone())),
            }),
            Intrinsic::Globals => Some(Value::of(Shape::Names(self.module.clone()))),
            Intrinsic::Import => Some(self.import_by_name(
                first.or_else(|| args.keyword("name"))?,
                args.at(3).is_some() || args.keyword("fromlist").is_some(),
                range,
                self.index.names.path(name) == "__import__",
            )),
            Intrinsic::Locate => Some(self.locate(first?, range)),
            Intrinsic::Exec => self.exec(name, args, range),
            Intrinsic::AttrGetter | Intrinsic::ItemGetter | Intrinsic::MethodCaller => {
                self.check_picked_name(first?, range);
                let made_with = args.positional.to_vec();
                let picker = Value::of(Shape::Name(name));
                Some(Value::of(Shape::Partial(Rc::new((picker, made_with)))))
            }
            Intrinsic::Partial => {
                let callee = first?.clone();
                let bound = args.positional.iter().skip(1).cloned().collect();
                let blend = args.blend();
                Some(Value::of(Shape::Partial(Rc::new((callee, bound)))).with(&blend))
            }
            Intrinsic::Map => {
                let items = self.iterated(args.at(1)?);
                let callee = first?.clone();
                let mut results = Vec::new();
                match &items.shape {
                    Shape::List(list)
                        if list.len() <= 4096
                            && !list.is_empty()
                            && self.may_fold(list.len() * 16) =>
                    {
                        for item in list.clone().iter() {
                            results.push(self.call_value(&callee, vec![item.clone()], range));
                        }
                    }
                    _ => {
                        let item = self.element(&items);
                        results.push(self.call_value(&callee, vec![item], range));
                    }
                }
                Some(Value::list(results).with(&items))
            }
            Intrinsic::Apply => {
                let callee = first?.clone();
                let rest = Args {
                    positional: args.positional.iter().skip(1).cloned().collect(),
                    ..args.clone()
                };
                if rest
                    .positional
                    .iter()
                    .any(|value| matches!(value.shape, Shape::List(_)))
                {
                    let item = rest.at(0).map(|items| self.element(&items.clone()));
                    self.call_value(&callee, item.into_iter().collect(), range);
                }
                Some(self.call(&callee, &rest, None, range))
            }
            Intrinsic::Later => {
                let callee = args
                    .keyword("target")
                    .or_else(|| args.keyword("function"))
                    .cloned();
                let callee = callee.or_else(|| {
                    args.positional
                        .iter()
                        .find(|value| callable(value))
                        .cloned()
                })?;
                let given = args.keyword("args").cloned().or_else(|| {
                    args.positional
                        .iter()
                        .find(|value| matches!(value.shape, Shape::List(_)))
                        .cloned()
                });
                let values = match given.as_ref().map(|given| &given.shape) {
                    Some(Shape::List(items)) => items.to_vec(),
                    _ => args
                        .positional
                        .iter()
                        .filter(|value| !callable(value))
                        .cloned()
                        .collect(),
                };
                self.call_value(&callee, values, range);
                None
            }
            Intrinsic::Translation => self.translation(args),
            Intrinsic::Chr => {
                let code = u32::try_from(first?.as_int()?)
                    .ok()
                    .and_then(char::from_u32)?;
                let mut value = Value::text(code.to_string()).with(first?);
                value.from = value.from.union(Origins::FOLDED);
                value.chain = value.chain.then("characters");
                Some(value)
            }
            Intrinsic::Ord => {
                let code = match &first?.shape {
                    Shape::Str(text) => text
                        .chars()
                        .next()
                        .filter(|c| *c != GAP)
                        .map(|c| i64::from(u32::from(c)))?,
                    Shape::Bytes(data) => i64::from(*data.first()?),
                    _ => return None,
                };
                Some(Value::of(Shape::Int(code)).with(first?))
            }
            Intrinsic::Str => match &first?.shape {
                Shape::Bytes(data)
                    if args.positional.len() > 1 || args.keyword("encoding").is_some() =>
                {
                    let codec = args.at(1).or_else(|| args.keyword("encoding"))?.as_text()?;
                    Some(Value::text(decoders::decode_text(data, codec)?).with(first?))
                }
                Shape::Int(_)
                | Shape::Bool(_)
                | Shape::Nothing
                | Shape::Str(_)
                | Shape::Path(_) => Some(Value::text(first?.printed()?).with(first?)),
                _ => Some(first?.derived()),
            },
            Intrinsic::Bytes => match &first?.shape {
                Shape::Bytes(_) => first.cloned(),
                Shape::Str(text) if !text.contains(GAP) => {
                    Some(Value::bytes(text.as_bytes().to_vec()).with(first?))
                }
                Shape::List(items) => {
                    let data: Option<Vec<u8>> = items
                        .iter()
                        .map(|item| item.as_int().and_then(|int| u8::try_from(int).ok()))
                        .collect();
                    let mut value = Value::bytes(data?).with(first?);
                    value.from = value.from.union(Origins::FOLDED);
                    value.chain = value.chain.then("characters");
                    Some(value)
                }
                _ => Some(first?.derived()),
            },
            Intrinsic::Int => match (&first?.shape, args.at(1).and_then(Value::as_int)) {
                (Shape::Int(_), None) => first.cloned(),
                (Shape::Str(text), base) => {
                    let text = text.trim().trim_start_matches("0x").replace('_', "");
                    let number = i64::from_str_radix(
                        &text,
                        u32::try_from(base.unwrap_or(10))
                            .ok()
                            .filter(|base| (2..=36).contains(base))
                            .unwrap_or(16),
                    )
                    .ok()?;
                    Some(Value::of(Shape::Int(number)))
                }
                _ => None,
            },
            Intrinsic::Len => match &first?.shape {
                Shape::Str(text) if !text.contains(GAP) => Some(Value::of(Shape::Int(
                    i64::try_from(text.chars().count()).ok()?,
                ))),
                Shape::Bytes(data) => Some(Value::of(Shape::Int(i64::try_from(data.len()).ok()?))),
                Shape::List(items) if self.loops == 0 => {
                    Some(Value::of(Shape::Int(i64::try_from(items.len()).ok()?)))
                }
                _ => None,
            },
            Intrinsic::Hex => None,
            Intrinsic::Reversed => {
                let mut items = self.iterated(first?);
                let Shape::List(list) = &items.shape else {
                    return Some(items.derived());
                };
                items.shape = Shape::List(Rc::new(list.iter().rev().cloned().collect()));
                items.chain = items.chain.then("reverse");
                Some(items)
            }
            Intrinsic::List => {
                if let Some(key) = args.keyword("key").cloned() {
                    let item = self.element(first?);
                    self.call_value(&key, vec![item], range);
                    return Some(first?.derived());
                }
                Some(first.map_or(Value::list(Vec::new()), |first| self.iterated(first)))
            }
            Intrinsic::Range => {
                let number = |at: usize| args.at(at).map(Value::as_int);
                let (start, end, step) = match (number(0)?, number(1), number(2)) {
                    (Some(end), None, None) => (0, end, 1),
                    (Some(start), Some(Some(end)), None) => (start, end, 1),
                    (Some(start), Some(Some(end)), Some(Some(step))) if step != 0 => {
                        (start, end, step)
                    }
                    _ => return Some(args.blend()),
                };
                let count = (end - start) / step;
                if !(0..=1 << 14).contains(&count)
                    || !self.may_fold(usize::try_from(count).ok()? * 8)
                {
                    return Some(args.blend());
                }
                let mut items = Vec::new();
                let mut at = start;
                while (step > 0 && at < end) || (step < 0 && at > end) {
                    items.push(Value::of(Shape::Int(at)));
                    at += step;
                }
                Some(Value::list(items))
            }
            Intrinsic::Zip => {
                let lists: Vec<Value<'a>> = args
                    .positional
                    .iter()
                    .map(|items| self.iterated(items))
                    .collect();
                let lengths = lists.iter().map(|items| match &items.shape {
                    Shape::List(items) => Some(items.len()),
                    _ => None,
                });
                let length = lengths
                    .collect::<Option<Vec<_>>>()
                    .and_then(|lengths| lengths.into_iter().min());
                let Some(length) = length.filter(|length| self.may_fold(length * 16)) else {
                    return Some(args.blend());
                };
                let rows = (0..length)
                    .map(|at| {
                        Value::list(lists.iter().map(|items| self.item_at(items, at)).collect())
                    })
                    .collect();
                Some(Value::list(rows))
            }
            Intrinsic::Enumerate => {
                let items = self.iterated(first?);
                let Shape::List(list) = &items.shape else {
                    return Some(Value::list(vec![Value::list(vec![
                        Value::UNKNOWN,
                        items.derived(),
                    ])]));
                };
                if !self.may_fold(list.len() * 16) {
                    return Some(items.derived());
                }
                let rows = list.iter().enumerate().map(|(at, item)| {
                    Value::list(vec![
                        Value::of(Shape::Int(i64::try_from(at).unwrap_or(0))),
                        item.clone(),
                    ])
                });
                Some(Value::list(rows.collect()))
            }
            Intrinsic::Next => Some(self.element(first?)),
            Intrinsic::Dict => {
                let pairs = args.keywords.iter().map(|(name, value)| {
                    (Value::of(Shape::Str(Text::Borrowed(name))), value.clone())
                });
                let blend = args.blend();
                match first.map(|first| &first.shape) {
                    None => Some(Value::of(Shape::Dict(Rc::new(pairs.collect()))).with(&blend)),
                    Some(Shape::Dict(_) | Shape::Name(_)) => first.cloned(),
                    Some(_) => Some(blend),
                }
            }
            Intrinsic::Type => match args.positional.len() {
                1 => match first?.shape {
                    Shape::Instance(class) => Some(Value::of(Shape::Class(class))),
                    Shape::Function(_) => self
                        .index
                        .names
                        .find("types.FunctionType")
                        .map(|name| self.named(name)),
                    _ => Some(first?.derived()),
                },
                _ => {
                    if let Some(Shape::Dict(pairs)) = args.at(2).map(|members| &members.shape) {
                        for (_, value) in pairs.clone().iter() {
                            self.hooked_in_container(value, range);
                        }
                    }
                    None
                }
            },
            Intrinsic::Format => {
                let mut folded = String::new();
                super::expressions::push_formatted(
                    &mut folded,
                    first?,
                    args.at(1).and_then(Value::as_text),
                );
                Some(Value::text(folded).with(first?))
            }
            Intrinsic::Base64 => self.decoded_by("base64", first?),
            Intrinsic::Base32 => self.decoded_by("base32", first?),
            Intrinsic::Base85 => self.decoded_by(
                if self.index.names.path(name).contains("a85") {
                    "ascii85"
                } else {
                    "base85"
                },
                first?,
            ),
            Intrinsic::Hexadecimal => self.decoded_by("hex", first?),
            Intrinsic::Inflate => self.decoded_by("zlib", first.or(receiver)?),
            Intrinsic::Decompress => Some(first?.derived().from(Origins::DECODED)),
            Intrinsic::Codec => {
                let codec = args
                    .at(1)
                    .or_else(|| args.keyword("encoding"))
                    .and_then(Value::as_text)
                    .unwrap_or("");
                let codec = codec.to_ascii_lowercase();
                match codec.trim_end_matches("_codec") {
                    "rot13" | "rot_13" | "rot-13" => {
                        let text = first?.as_text()?.to_owned();
                        Some(self.decoded_text(decoders::rot13(&text), "rot13", first?))
                    }
                    "hex" => self.decoded_by("hex", first?),
                    "base64" => self.decoded_by("base64", first?),
                    "zlib" | "zip" => self.decoded_by("zlib", first?),
                    codec => {
                        let text = decoders::decode_text(first?.as_raw()?, codec)?;
                        Some(Value::text(text).with(first?))
                    }
                }
            }
            Intrinsic::Unquote => {
                let text = first?.as_text()?;
                let changed = text.contains('%');
                let decoded = decoders::percent(text);
                if changed {
                    return Some(self.decoded_text(decoded, "percent", first?));
                }
                first.cloned()
            }
            Intrinsic::Marshal => {
                self.report_check(Check::ByteCode, range, Some(self.quoted(name)));
                Some(args.blend().from(Origins::DECODED))
            }
            Intrinsic::Pickle => {
                if let Some(data) = first?.as_bytes() {
                    let data = data.to_vec();
                    self.uncover(
                        range,
                        with_step(first?.chain.words(), "pickle"),
                        &data,
                        false,
                    );
                }
                None
            }
            Intrinsic::Join => {
                let mut path = match receiver.and_then(Value::as_gapped) {
                    Some(text) => text.to_owned(),
                    None => String::new(),
                };
                let mut blend = args.blend();
                for part in &args.positional {
                    match part.as_gapped().unwrap_or(GAP_TEXT) {
                        absolute if absolute.starts_with('/') => path = absolute.to_owned(),
                        part => {
                            if !path.is_empty() && !path.ends_with('/') {
                                path.push('/');
                            }
                            path.push_str(part);
                        }
                    }
                }
                if let Some(receiver) = receiver {
                    blend.taint_with(receiver);
                }
                let path = without_dots(&path);
                blend.shape = if receiver.is_some() {
                    Shape::Path(Text::Owned(path.into()))
                } else {
                    Shape::Str(Text::Owned(path.into()))
                };
                Some(blend)
            }
            Intrinsic::ExpandUser => {
                let path = first.or(receiver)?;
                match path.as_gapped() {
                    Some(text) if text.starts_with('~') => Some(path.clone().from(Origins::HOME)),
                    _ => Some(path.clone()),
                }
            }
            Intrinsic::ExpandVars => {
                let path = first?;
                let text = path.as_gapped()?;
                let home = text
                    .replace("$HOME", "~")
                    .replace("%USERPROFILE%", "~")
                    .replace("%APPDATA%", "~/AppData/Roaming")
                    .replace("%LOCALAPPDATA%", "~/AppData/Local");
                Some(Value::text(home).with(path).from(Origins::HOME))
            }
            Intrinsic::Environ => {
                let value = self.environment_variable(first.or_else(|| args.keyword("key"))?);
                Some(value)
            }
            Intrinsic::Open => self.open(args),
            Intrinsic::ReadPath => {
                let path = receiver?.clone();
                let mode = args.at(0).or_else(|| args.keyword("mode")).cloned();
                let opens = self.index.names.path(name).ends_with("open");
                let mode = mode.filter(|_| opens).unwrap_or_else(|| Value::text("r"));
                self.open(&Args::of([path, mode]))
            }
            Intrinsic::Path => {
                let blend = args.blend();
                let mut path = String::new();
                for part in &args.positional {
                    let part = part.as_gapped().unwrap_or(GAP_TEXT);
                    if !path.is_empty() && !path.ends_with('/') {
                        path.push('/');
                    }
                    path.push_str(part);
                }
                Some(Self::path_of(
                    if path.is_empty() { "." } else { &path },
                    &blend,
                ))
            }
            Intrinsic::Home => Some(Self::path_of("~", &Value::UNKNOWN).from(Origins::HOME)),
            Intrinsic::Hints => None,
            Intrinsic::Super => Some(match self.class {
                Some(class) => self.base_of(class),
                None => Value::UNKNOWN,
            }),
            Intrinsic::Identity => first.or(receiver).cloned(),
            Intrinsic::Download => {
                let path = args
                    .at(1)
                    .or_else(|| args.keyword("filename"))
                    .or_else(|| args.keyword("out"));
                if let Some(path) = path.and_then(Value::as_gapped) {
                    self.dropped.insert(path.to_owned());
                }
                Some(
                    path.cloned()
                        .unwrap_or(Value::UNKNOWN)
                        .from(Origins::DROPPED.union(Origins::NETWORK)),
                )
            }
        }
    }

    pub(crate) fn base_of(&self, class: u32) -> Value<'a> {
        let base = self
            .classes
            .get(class as usize)
            .and_then(|class| class.bases.first().cloned());
        match base.as_ref().map(|base| &base.shape) {
            Some(Shape::Class(class)) => Value::of(Shape::Instance(*class)),
            Some(Shape::Name(name)) => self
                .index
                .names
                .child(*name, CALLED)
                .map_or(Value::UNKNOWN, |name| self.named(name)),
            _ => Value::UNKNOWN,
        }
    }

    pub(crate) fn getattr(&mut self, args: &Args<'a>, range: TextRange) -> Option<Value<'a>> {
        let (object, key) = (args.at(0)?, args.at(1)?);
        match key.as_text() {
            Some(attr) => {
                let attr = attr.to_owned();
                self.hidden_name(key, &attr, range);
                let value = self.attribute(object, &attr, range);
                Some(value)
            }
            None => {
                if let Shape::OneOf(keys) = &key.shape {
                    for key in keys.clone().iter() {
                        if let Some(attr) = key.as_text() {
                            let value = self.attribute(object, attr, range);
                            if !matches!(value.shape, Shape::Unknown) {
                                return Some(value);
                            }
                        }
                    }
                }
                Some(self.picked(object, key, range))
            }
        }
    }

    /// `attrgetter("system")`: the names in it count as if they stood behind a dot.
    pub(crate) fn check_picked_name(&mut self, key: &Value<'a>, range: TextRange) {
        if let Some(text) = key.as_text() {
            for part in text.split('.') {
                self.hidden_name(key, part, range);
                self.attribute_taken(part, range);
            }
        }
    }

    /// Calls what a picker such as `attrgetter("system")` made.
    pub(crate) fn pick(
        &mut self,
        made_with: &[Value<'a>],
        intrinsic: Intrinsic,
        args: &Args<'a>,
        range: TextRange,
    ) -> Value<'a> {
        let (Some(key), Some(object)) = (made_with.first(), args.at(0)) else {
            return args.blend();
        };
        if intrinsic == Intrinsic::ItemGetter {
            return self.subscript(object, key, range);
        }
        let Some(text) = key.as_text().map(str::to_owned) else {
            let mut picked = self.picked(object, key, range);
            if intrinsic == Intrinsic::MethodCaller {
                // The name of a method is hardly ever data, so that even an unknown object is worth saying.
                if !matches!(picked.shape, Shape::Picked(_)) {
                    picked.shape = Shape::Picked(super::picked::Picked::Mixed);
                }
                self.call_value(&picked, made_with.iter().skip(1).cloned().collect(), range);
            }
            return picked;
        };
        let value = text.split('.').fold(object.clone(), |value, part| {
            self.attribute(&value, part, range)
        });
        if intrinsic == Intrinsic::MethodCaller {
            let rest = Args::of(made_with.iter().skip(1).cloned());
            return self.call(&value, &rest, Some(object), range);
        }
        value
    }
}

fn callable(value: &Value<'_>) -> bool {
    matches!(
        value.shape,
        Shape::Name(_) | Shape::Function(_) | Shape::Bound(_) | Shape::Partial(_) | Shape::Class(_)
    )
}

fn with_step(mut steps: Vec<String>, step: &str) -> Vec<String> {
    steps.push(step.to_owned());
    steps
}

/// `a/../b` → `b`, as the system reads it.
fn without_dots(path: &str) -> String {
    if !path.contains("..") {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            ".." if parts
                .last()
                .is_some_and(|last| !last.is_empty() && *last != ".." && *last != GAP_TEXT) =>
            {
                parts.pop();
            }
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

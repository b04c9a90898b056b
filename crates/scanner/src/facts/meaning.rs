//! What the known callables give back.

use super::args::Args;
use super::assign::PATCHED;
use super::checks::Check;
use super::interp::Interp;
use super::intrinsic::Intrinsic;
use super::names::CALLED;
use super::names::Name;
use super::names::Names;
use super::origin::Origins;
use super::value::{GAP, Shape, Text, Value};
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
            Intrinsic::Setattr => self.setattr(args, range),
            Intrinsic::Members => {
                let everything = self.index.names.path(name).starts_with("gc.");
                Some(match everything {
                    true => self.members(None).from(Origins::CLASSES),
                    false => self.members(first),
                })
            }
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
                self.picker_of(name, args, range)
            }
            Intrinsic::Partial => self.partial(args),
            Intrinsic::Map => self.map(args, range),
            Intrinsic::Apply => self.apply(args, range),
            Intrinsic::Later => self.later(args, range),
            Intrinsic::Translation => self.translation(args),
            Intrinsic::Chr => self.chr(args),
            Intrinsic::Ord => self.ord(args),
            Intrinsic::Str => self.str_of(args),
            Intrinsic::Bytes => self.bytes_of(args),
            Intrinsic::Int => self.int_of(args),
            Intrinsic::Len => self.len_of(args),
            Intrinsic::Hex => None,
            Intrinsic::Reversed => self.reversed(args),
            Intrinsic::List => {
                self.listed(args, self.index.names.path(name).ends_with("sorted"), range)
            }
            Intrinsic::Range => self.range_of(args),
            Intrinsic::Zip => self.zip(args),
            Intrinsic::Enumerate => self.enumerate(args),
            Intrinsic::Next => Some(self.element(first?)),
            Intrinsic::Dict => self.dict_of(args),
            Intrinsic::Type => self.type_of(args, range),
            Intrinsic::Format => self.formatted(args),
            Intrinsic::Library => {
                let path = self.index.names.path(name);
                self.library(&path, args, range)
            }
            Intrinsic::Spec => {
                let module = first
                    .or_else(|| args.keyword("name"))?
                    .as_text()?
                    .to_owned();
                self.hidden_name(first?, &module, range);
                self.indirect_import(&module, range);
                None
            }
            Intrinsic::Encode => {
                if self.sensitive > 0 && self.encoded_secret.is_none() {
                    self.encoded_secret = Some(range);
                }
                let encoded = args.blend();
                (!encoded.from.is_empty()).then(|| encoded.from(Origins::ENCODED))
            }
            Intrinsic::FormatField => {
                self.format_walk(first?.as_gapped()?.to_owned().as_str(), range);
                None
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
            Intrinsic::InflateFile => {
                let stream = first.or_else(|| args.keyword("fileobj"))?;
                stream.as_bytes()?;
                self.decoded_by("zlib", stream)
            }
            Intrinsic::Decompress => Some(first?.derived().from(Origins::DECODED)),
            Intrinsic::Codec => self.by_codec(args),
            Intrinsic::Unquote => self.unquoted(args),
            Intrinsic::Marshal => {
                self.report_check(Check::ByteCode, range, Some(self.quoted(name)));
                Some(args.blend().from(Origins::DECODED))
            }
            Intrinsic::Pickle => self.unpickled(args, range),
            Intrinsic::Join => self.joined_path(args, receiver),
            Intrinsic::ExpandUser => self.expand_user(args, receiver),
            Intrinsic::ExpandVars => self.expand_variables(args),
            Intrinsic::Environ => {
                let value = self.environment_variable(first.or_else(|| args.keyword("key"))?);
                Some(value)
            }
            Intrinsic::Open => self.open(args, range),
            Intrinsic::ReadPath => self.open_path(name, args, receiver, range),
            Intrinsic::Path => self.path_from(args),
            Intrinsic::Home => Some(Self::path_of("~", &Value::UNKNOWN)),
            Intrinsic::Hints => None,
            Intrinsic::Super => Some(match self.class {
                Some(class) => self.base_of(class),
                None => Value::UNKNOWN,
            }),
            Intrinsic::Identity => first.or(receiver).cloned(),
            // Where what is not known leads back, the path does not begin as it was written.
            Intrinsic::Normal => first.map(|path| match path.as_gapped() {
                Some(text) if text.contains(GAP) => path.derived(),
                _ => path.clone(),
            }),
            Intrinsic::Download => self.downloaded(args),
            Intrinsic::RecordClass => self.record_class(args),
            Intrinsic::Record => self.record(args),
            Intrinsic::Field => self.field_default(args, range),
            Intrinsic::Variable => {
                let held = args.keyword("default").cloned();
                let variable = (Value::of(Shape::Name(name)), vec![held?]);
                Some(Value::of(Shape::Partial(Rc::new(variable))))
            }
            Intrinsic::Noise => {
                const MUCH: i64 = 1 << 20;
                let much = first?.as_int().is_some_and(|bytes| bytes >= MUCH);
                much.then(|| Value::tainted(Origins::AMPLIFIED))
            }
            Intrinsic::Keyring => {
                let mut password = Value::tainted(Origins::CREDENTIAL);
                password.services = self.services_of(first?);
                Some(password)
            }
            Intrinsic::WritePath => {
                let (path, data) = (receiver?, first?);
                if let Some(text) = path.as_gapped() {
                    self.program_written(text, data, range);
                }
                self.written(path, None, data);
                None
            }
            Intrinsic::Clipboard => {
                self.clipboard_changed.get_or_insert(range);
                None
            }
            Intrinsic::Program => self.program(vec![first?.clone()]),
            Intrinsic::Magic => self.magic(args, range),
            Intrinsic::Temporary => {
                let path = self.index.names.path(name);
                Some(self.temporary(&path, args, range))
            }
            Intrinsic::Write => {
                let Shape::Handle(handle) = &first?.shape else {
                    return None;
                };
                let handle = handle.clone();
                self.written(&handle.0, handle.1, args.at(1)?);
                None
            }
            Intrinsic::Reopen => match &first?.shape {
                Shape::Handle(_) => first.cloned(),
                _ => self.open(args, range),
            },
            Intrinsic::Listing => self.listing(name, args, receiver),
            Intrinsic::RemoteLog => {
                self.logs_remotely |= !args.all().any(is_local);
                None
            }
            Intrinsic::Fork => {
                if self.endless > 0 {
                    self.report_check(Check::ForkBomb, range, None);
                }
                None
            }
        }
    }

    /// `setattr`: what is set on a name that the file does not own is remembered.
    pub(crate) fn setattr(&mut self, args: &Args<'a>, range: TextRange) -> Option<Value<'a>> {
        let first = args.at(0);
        let value = args.at(2)?;
        self.hooked_in_container(value, range);
        if first?.as_name() == Some(Names::BUILTINS)
            && args
                .at(1)?
                .as_text()
                .is_some_and(|attr| PATCHED.contains(&attr))
        {
            self.report_check(Check::Builtins, range, None);
        }
        if let Some(name) = args.at(1)?.as_text() {
            self.assigned(name, value, range, false);
        } else {
            self.picked(first?, args.at(1)?, range);
        }
        if let (Some(name), Some(Shape::Str(Text::Borrowed(attr)))) =
            (first?.as_name(), args.at(1).map(|attr| &attr.shape))
        {
            if let Some(child) = self.index.names.child(name, attr) {
                self.replaced(child, range);
            }
            self.patches.insert((name.0, attr), value.clone());
        }
        Some(Value::of(Shape::Nothing))
    }

    /// `type`, with one argument or with three.
    pub(crate) fn type_of(&mut self, args: &Args<'a>, range: TextRange) -> Option<Value<'a>> {
        let first = args.at(0);
        match args.positional.len() {
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
                // Calling the class that is made calls the first of its bases.
                match args.at(1).map(|bases| &bases.shape) {
                    Some(Shape::List(bases)) => bases
                        .first()
                        .filter(|base| base.as_name().is_some())
                        .cloned(),
                    _ => None,
                }
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

/// Whether an address, or the first part of one, is on this machine.
fn is_local(value: &Value<'_>) -> bool {
    let first = match &value.shape {
        Shape::List(items) => items.first().unwrap_or(value),
        _ => value,
    };
    let local =
        |text: &str| text.starts_with("/dev/") || text.starts_with("127.") || text == "localhost";
    first.as_text().is_some_and(local)
}

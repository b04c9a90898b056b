//! Methods whose meaning is known from the shape of their object, and those of bytes.

use super::args::Args;
use super::checks::Check;
use super::decoders;
use super::interp::Interp;
use super::intrinsic::Intrinsic;
use super::names::Names;
use super::origin::Origins;
use super::value::Data;
use super::value::Shape;
use super::value::Text;
use super::value::Value;
use ruff_python_ast::Expr;
use ruff_text_size::TextRange;

/// A path of which nothing is known.
const UNKNOWN_PATH: &str = "\u{FFFC}";
/// How long a container may be to be changed in place.
pub(crate) const MAX_CHANGED: usize = 64;

impl<'a> Interp<'a, '_> {
    /// A method whose meaning is known from the shape of its object.
    pub(crate) fn builtin_method(
        &mut self,
        receiver: &Value<'a>,
        name: &str,
        args: &Args<'a>,
        target: Option<&'a Expr>,
        range: TextRange,
    ) -> Option<Value<'a>> {
        match &receiver.shape {
            Shape::Str(text) => self.text_method(receiver, text, name, args, range),
            Shape::Bytes(data) => self.bytes_method(receiver, data, name, args),
            Shape::List(_) => self.list_method(receiver, name, args, target, range),
            Shape::Dict(_) => self.dict_method(receiver, name, args, target),
            Shape::Names(scope) => match (name, args.at(0)?.as_text()) {
                ("get" | "__getitem__" | "pop", Some(key)) => {
                    let found = scope.get(key);
                    Some(found.unwrap_or_else(|| {
                        self.index
                            .names
                            .child(Names::BUILTINS, key)
                            .map_or(Value::UNKNOWN, |name| self.named(name))
                    }))
                }
                ("get" | "__getitem__" | "pop", None) => {
                    let key = args.at(0)?;
                    Some(self.picked(receiver, key, range))
                }
                _ => None,
            },
            Shape::Name(_) if matches!(name, "items" | "values") && self.is_guarded(receiver) => {
                let members = self.members(Some(receiver));
                if name == "items" {
                    return Some(members);
                }
                let pair = self.element(&members);
                Some(Value::list(vec![self.item_at(&pair, 1)]))
            }
            Shape::Name(known) if matches!(name, "get" | "__getitem__" | "pop" | "setdefault") => {
                let listed = self.index.names.child(*known, name).is_some();
                let key = args.at(0)?;
                if listed
                    || !["sys.modules", "os", "builtins", "subprocess"]
                        .contains(&self.index.names.path(*known).as_str())
                {
                    return None;
                }
                Some(self.subscript(receiver, key, range))
            }
            Shape::Handle(handle)
                if matches!(name, "write" | "writelines" | "write_bytes" | "write_text") =>
            {
                let handle = handle.clone();
                if let Some(code) = args.at(0) {
                    let path = handle.0.as_gapped().unwrap_or(UNKNOWN_PATH);
                    self.program_written(path, code, range);
                }
                let data = args.blend();
                if self.endless > 0 && data.from.meets(Origins::AMPLIFIED) {
                    self.report_check(Check::DiskFill, range, None);
                }
                self.written(&handle.0, handle.1, &data);
                None
            }
            Shape::Unknown
                if matches!(
                    name,
                    "append"
                        | "add"
                        | "extend"
                        | "update"
                        | "insert"
                        | "appendleft"
                        | "write"
                        | "set"
                ) =>
            {
                let blend = args.blend();
                if !blend.from.is_empty()
                    && let Some(target) = target
                {
                    let changed = receiver.clone().with(&blend);
                    self.rebind(target, changed);
                }
                None
            }
            Shape::Partial(held) if name == "get" && self.is_variable(&held.0) => {
                held.1.first().cloned()
            }
            Shape::Unknown | Shape::Name(_) if self.may_fill(receiver, name, args) => {
                self.filled(receiver, name, args, target);
                None
            }
            _ => None,
        }
    }

    /// Whether a value is the class of context variables.
    fn is_variable(&self, class: &Value<'a>) -> bool {
        let entry = class.as_name().and_then(|name| self.index.entry(name));
        entry.is_some_and(|entry| entry.intrinsic == Some(Intrinsic::Variable))
    }

    pub(crate) fn bytes_method(
        &mut self,
        receiver: &Value<'a>,
        data: &[u8],
        name: &str,
        args: &Args<'a>,
    ) -> Option<Value<'a>> {
        if !self.may_fold(data.len()) {
            return Some(receiver.derived());
        }
        let given = |at: usize| args.at(at).and_then(Value::as_bytes);
        let shape = match name {
            "decode" => {
                let codec = args.at(0).or_else(|| args.keyword("encoding"));
                let codec = codec
                    .map_or(Some("utf-8"), Value::as_text)
                    .unwrap_or("utf-8");
                match decoders::decode_text(data, codec) {
                    Some(text) => Shape::Str(Text::Owned(text.into())),
                    // Whoever writes a text in a codec that nobody uses hides it.
                    None => return Some(receiver.derived().from(Origins::DECODED)),
                }
            }
            "hex" => Shape::Str(Text::Owned(
                data.iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect::<String>()
                    .into(),
            )),
            "read" | "getvalue" | "read_bytes" | "tobytes" => receiver.shape.clone(),
            "strip" | "rstrip" | "lstrip" => Shape::Bytes(Data::Owned(data.trim_ascii().into())),
            "replace" => {
                let (from, to) = (given(0)?, given(1)?);
                if from.is_empty() {
                    return None;
                }
                let mut out = Vec::with_capacity(data.len());
                let mut last = 0;
                for at in memchr::memmem::find_iter(data, from) {
                    out.extend(data.get(last..at).unwrap_or_default());
                    out.extend(to);
                    last = at + from.len();
                }
                out.extend(data.get(last..).unwrap_or_default());
                Shape::Bytes(Data::Owned(out.into()))
            }
            "join" => {
                let items = args.at(0)?;
                let Shape::List(list) = &items.shape else {
                    return None;
                };
                let parts: Option<Vec<&[u8]>> = list.iter().map(Value::as_bytes).collect();
                let joined = parts?.join(data);
                let mut value = Value::bytes(joined).with(items);
                value.from = value.from.union(Origins::FOLDED);
                return Some(value);
            }
            "translate" => {
                let table = given(0).filter(|table| table.len() == 256)?;
                Shape::Bytes(Data::Owned(
                    data.iter()
                        .map(|byte| table.get(*byte as usize).copied().unwrap_or(0))
                        .collect(),
                ))
            }
            _ => return None,
        };
        Some(Value {
            shape,
            ..receiver.clone()
        })
    }
}

//! Callables that turn one text, number or list of bytes into another.

use ruff_python_ast::{Expr, Number};
use ruff_text_size::TextRange;

use super::args::Args;
use super::decoders;
use super::interp::Interp;
use super::literals;
use super::origin::Origins;
use super::value::{GAP, Shape, Value};

impl<'a> Interp<'a, '_> {
    /// `chr`.
    pub(crate) fn chr(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let first = args.at(0);
        let code = u32::try_from(first?.as_int()?)
            .ok()
            .and_then(char::from_u32)?;
        let mut value = Value::text(code.to_string()).with(first?);
        value.from = value.from.union(Origins::FOLDED);
        value.chain = value.chain.then("characters");
        Some(value)
    }

    /// `ord`.
    pub(crate) fn ord(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let first = args.at(0);
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

    /// `str`.
    pub(crate) fn str_of(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let first = args.at(0);
        match &first?.shape {
            Shape::Bytes(data)
                if args.positional.len() > 1 || args.keyword("encoding").is_some() =>
            {
                let codec = args.at(1).or_else(|| args.keyword("encoding"))?.as_text()?;
                Some(Value::text(decoders::decode_text(data, codec)?).with(first?))
            }
            Shape::Int(_) | Shape::Bool(_) | Shape::Nothing | Shape::Str(_) | Shape::Path(_) => {
                Some(Value::text(first?.printed()?).with(first?))
            }
            // An error prints what it was raised with.
            Shape::List(items) if first?.from.meets(Origins::ERROR) => match items.as_slice() {
                [text] => Some(text.clone().with(first?)),
                _ => Some(first?.derived()),
            },
            _ => Some(first?.derived()),
        }
    }

    /// `int.to_bytes`, of a number that is known, or written out here however large it is.
    pub(crate) fn bytes_of_number(
        &mut self,
        receiver: &Value<'a>,
        args: &Args<'a>,
        target: Option<&'a Expr>,
    ) -> Option<Value<'a>> {
        let digits = match (receiver.as_int(), target) {
            (Some(number), _) => number.to_string(),
            (None, Some(Expr::NumberLiteral(number))) => match &number.value {
                Number::Int(int) => int.to_string(),
                Number::Float(_) | Number::Complex { .. } => return None,
            },
            _ => return None,
        };
        let length = args.at(0).or_else(|| args.keyword("length"));
        let length = length
            .map_or(Some(1), Value::as_int)
            .and_then(|length| usize::try_from(length).ok())?;
        let order = args.at(1).or_else(|| args.keyword("byteorder"));
        let mut bytes = literals::bytes_of_digits(&digits)?;
        if length < bytes.len() || length > 1 << 16 || !self.may_fold(length) {
            return None;
        }
        bytes.splice(0..0, std::iter::repeat_n(0, length - bytes.len()));
        if order.and_then(Value::as_text) == Some("little") {
            bytes.reverse();
        }
        let mut value = Value::bytes(bytes).with(receiver);
        value.from = value.from.union(Origins::FOLDED);
        value.chain = value.chain.then("characters");
        Some(value)
    }

    /// `bytes` and `bytearray`.
    pub(crate) fn bytes_of(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let first = args.at(0);
        match &first?.shape {
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
        }
    }

    /// `int`.
    pub(crate) fn int_of(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let first = args.at(0);
        match (&first?.shape, args.at(1).and_then(Value::as_int)) {
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
        }
    }

    /// `len`.
    pub(crate) fn len_of(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let first = args.at(0);
        match &first?.shape {
            Shape::Str(text) if !text.contains(GAP) => Some(Value::of(Shape::Int(
                i64::try_from(text.chars().count()).ok()?,
            ))),
            Shape::Bytes(data) => Some(Value::of(Shape::Int(i64::try_from(data.len()).ok()?))),
            Shape::List(items) if self.loops == 0 => {
                Some(Value::of(Shape::Int(i64::try_from(items.len()).ok()?)))
            }
            _ => None,
        }
    }

    /// `format`.
    pub(crate) fn formatted(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let first = args.at(0);
        let mut folded = String::new();
        super::displays::push_formatted(&mut folded, first?, args.at(1).and_then(Value::as_text));
        Some(Value::text(folded).with(first?))
    }

    /// `codecs.decode`.
    pub(crate) fn by_codec(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let first = args.at(0);
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
            "zlib" | "zip" | "bz2" => self.decoded_by("zlib", first?),
            codec => {
                let text = decoders::decode_text(first?.as_raw()?, codec)?;
                Some(Value::text(text).with(first?))
            }
        }
    }

    /// `urllib.parse.unquote`.
    pub(crate) fn unquoted(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let first = args.at(0);
        let text = first?.as_text()?;
        let changed = text.contains('%');
        let decoded = decoders::percent(text);
        if changed {
            return Some(self.decoded_text(decoded, "percent", first?));
        }
        first.cloned()
    }

    /// `pickle.loads`: the data is examined as what it is.
    pub(crate) fn unpickled(&mut self, args: &Args<'a>, range: TextRange) -> Option<Value<'a>> {
        let first = args.at(0);
        if let Some(data) = first?.as_bytes() {
            let data = data.to_vec();
            self.uncover(
                range,
                with_step(first?.chain.words(), "pickle"),
                &data,
                None,
            );
        }
        None
    }
}

fn with_step(mut steps: Vec<String>, step: &str) -> Vec<String> {
    steps.push(step.to_owned());
    steps
}

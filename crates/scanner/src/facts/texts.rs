//! Methods of texts, whose results are folded where all of it is known.

use super::args::Args;
use super::checks::Check;
use super::decoders;
use super::fold::braces;
use super::interp::Interp;
use super::origin::Origins;
use super::value::Data;
use super::value::GAP;
use super::value::Shape;
use super::value::Text;
use super::value::Value;
use ruff_python_ast::Operator;
use ruff_text_size::TextRange;
use std::rc::Rc;

impl<'a> Interp<'a, '_> {
    pub(crate) fn text_method(
        &mut self,
        receiver: &Value<'a>,
        text: &str,
        name: &str,
        args: &Args<'a>,
        range: TextRange,
    ) -> Option<Value<'a>> {
        let mut blend = receiver.derived();
        blend.taint_with(&args.blend());
        let whole = !text.contains(GAP);
        let result = match name {
            "join" => {
                let items = self.iterated(args.at(0)?);
                return Some(self.joined(text, &items, blend, range));
            }
            "format" | "format_map"
                if ["._", "[_", ".\u{FFFC}", "[\u{FFFC}"]
                    .iter()
                    .any(|step| text.contains(step)) =>
            {
                self.format_walk(text, range);
                return Some(blend.from(Origins::BUILT));
            }
            "format" if args.rest.is_none() => {
                let folded = braces(text, args);
                return Some(self.folded_text(folded, blend, range));
            }
            "format_map" => return Some(blend.from(Origins::BUILT)),
            "replace" => text.replace(text_at(args, 0)?, text_at(args, 1)?),
            "lower" | "casefold" => text.to_lowercase(),
            "upper" => text.to_uppercase(),
            "swapcase" => text
                .chars()
                .map(|c| {
                    if c.is_uppercase() {
                        c.to_ascii_lowercase()
                    } else {
                        c.to_ascii_uppercase()
                    }
                })
                .collect(),
            "strip" | "lstrip" | "rstrip" => {
                let cut: Vec<char> = text_at(args, 0).map_or_else(
                    || " \t\r\n\u{c}\u{b}".chars().collect(),
                    |cut| cut.chars().collect(),
                );
                let from = if name == "rstrip" {
                    text
                } else {
                    text.trim_start_matches(&cut[..])
                };
                if name == "lstrip" {
                    from
                } else {
                    from.trim_end_matches(&cut[..])
                }
                .to_owned()
            }
            "removeprefix" => text
                .strip_prefix(text_at(args, 0)?)
                .unwrap_or(text)
                .to_owned(),
            "removesuffix" => text
                .strip_suffix(text_at(args, 0)?)
                .unwrap_or(text)
                .to_owned(),
            "read" | "getvalue" | "read_text" | "__str__" | "title" | "capitalize"
            | "readlines" | "zfill" | "group" => text.to_owned(),
            "expandtabs" => text.replace('\t', " "),
            "ljust" | "rjust" | "center" => padded(text, name, args.at(0)?.as_int()?),
            "__add__" => {
                return Some(self.binary(Operator::Add, receiver.clone(), args.at(0)?.clone()));
            }
            "__mod__" => {
                return Some(self.binary(Operator::Mod, receiver.clone(), args.at(0)?.clone()));
            }
            "__mul__" => {
                return Some(self.binary(Operator::Mult, receiver.clone(), args.at(0)?.clone()));
            }
            "substitute" | "safe_substitute" => substituted(text, args),
            "encode" => return Some(self.encoded(receiver, text, args, blend)),
            "decode" => {
                let codec = text_at(args, 0)?;
                if codec.starts_with("rot") {
                    return Some(self.decoded_text(decoders::rot13(text), "rot13", receiver));
                }
                if codec == "hex" || codec == "base64" {
                    return self.decoded_by(codec, receiver);
                }
                text.to_owned()
            }
            "split" | "rsplit" | "splitlines" | "partition"
                if whole && self.may_fold(text.len() * 2) =>
            {
                return Some(split(text, name, args, blend));
            }
            "translate" if whole => match self.translated(text, args.at(0)?) {
                Some(out) => out,
                None => return Some(blend),
            },
            "startswith" => {
                return Some(
                    text_at(args, 0)
                        .filter(|_| whole)
                        .map_or(Value::UNKNOWN, |prefix| {
                            Value::of(Shape::Bool(text.starts_with(prefix)))
                        }),
                );
            }
            "endswith" => {
                return Some(
                    text_at(args, 0)
                        .filter(|_| whole)
                        .map_or(Value::UNKNOWN, |suffix| {
                            Value::of(Shape::Bool(text.ends_with(suffix)))
                        }),
                );
            }
            "isdigit" | "isalpha" | "isalnum" | "index" | "find" | "rfind" | "count" => {
                return Some(Value::UNKNOWN);
            }
            "maketrans" => return self.translation(args),
            _ => return None,
        };
        if !self.may_fold(result.len()) {
            return Some(blend);
        }
        if !matches!(
            name,
            "strip" | "lstrip" | "rstrip" | "read" | "lower" | "upper" | "getvalue" | "read_text"
        ) {
            blend.from = blend.from.union(Origins::FOLDED);
        }
        blend.shape = Shape::Str(Text::Owned(result.into()));
        Some(blend)
    }

    /// `"{0.__init__.__globals__}"`: a field of a format string reaches what no call and no attribute shows.
    pub(crate) fn format_walk(&mut self, text: &str, range: TextRange) {
        const STEPS: [&str; 16] = [
            "__globals__",
            "__init__",
            "__subclasses__",
            "__mro__",
            "__base__",
            "__bases__",
            "__builtins__",
            "__code__",
            "__getattribute__",
            "__reduce__",
            "__reduce_ex__",
            "__closure__",
            "__self__",
            "__func__",
            "f_globals",
            "f_builtins",
        ];
        let walks = text.split(['{', '}']).any(|field| {
            let path = field.split([':', '!']).next().unwrap_or(field);
            let mut steps = path.split(['.', '[', ']']).skip(1);
            !path.contains(char::is_whitespace)
                && steps.any(|step| STEPS.contains(&step) || step.starts_with(GAP))
        });
        if walks {
            let shown = format!("`{}`", text.replace(GAP, "…"));
            self.report_check(Check::FormatWalk, range, Some(shown));
        }
    }

    /// `text.encode(codec)`.
    fn encoded(
        &mut self,
        receiver: &Value<'a>,
        text: &str,
        args: &Args<'a>,
        blend: Value<'a>,
    ) -> Value<'a> {
        let codec = text_at(args, 0)
            .or_else(|| args.keyword("encoding")?.as_text())
            .unwrap_or("utf-8");
        if text.contains(GAP) || !self.may_fold(text.len()) {
            return blend;
        }
        if codec.starts_with("rot") {
            return self.decoded_text(decoders::rot13(text), "rot13", receiver);
        }
        let mut value = Value::bytes(text.as_bytes().to_vec()).with(&blend);
        if codec.to_ascii_lowercase().contains("latin") {
            value.shape = Shape::Bytes(Data::Owned(
                text.chars()
                    .map(|c| u8::try_from(c as u32).unwrap_or(b'?'))
                    .collect(),
            ));
        }
        value
    }

    /// `text.translate(table)`, where the table is known.
    fn translated(&mut self, text: &str, table: &Value<'a>) -> Option<String> {
        if !matches!(table.shape, Shape::Dict(_)) || !self.may_fold(text.len() * 8) {
            return None;
        }
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            let key = Value::of(Shape::Int(i64::from(u32::from(c))));
            match &self.item(table, &key).shape {
                Shape::Str(to) => out.push_str(to),
                Shape::Int(code) => {
                    out.extend(u32::try_from(*code).ok().and_then(char::from_u32));
                }
                _ => out.push(c),
            }
        }
        Some(out)
    }

    /// `str.maketrans` of two texts or of a dictionary.
    pub(crate) fn translation(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        if let (Some(from), Some(to)) = (args.at(0)?.as_text(), args.at(1).and_then(Value::as_text))
        {
            let pairs = from.chars().zip(to.chars()).take(256).map(|(a, b)| {
                (
                    Value::of(Shape::Int(i64::from(u32::from(a)))),
                    Value::text(b.to_string()),
                )
            });
            return Some(Value::of(Shape::Dict(Rc::new(pairs.collect()))));
        }
        args.at(0).cloned()
    }

    /// `separator.join(items)`.
    pub(crate) fn joined(
        &mut self,
        separator: &str,
        items: &Value<'a>,
        mut blend: Value<'a>,
        range: TextRange,
    ) -> Value<'a> {
        blend.taint_with(items);
        let Shape::List(list) = &items.shape else {
            return blend.from(if blend_is_tainted(items) {
                Origins::BUILT
            } else {
                Origins::NONE
            });
        };
        let mut folded = String::new();
        let single = list
            .iter()
            .filter(|item| item.as_text().is_some_and(|text| text.chars().count() == 1))
            .count();
        for (at, item) in list.iter().enumerate() {
            if at > 0 {
                folded.push_str(separator);
            }
            match &item.shape {
                Shape::Str(text) => folded.push_str(text),
                _ => super::displays::push_gap(&mut folded),
            }
        }
        if single > 3 && separator.is_empty() {
            blend.chain = blend.chain.then("characters");
        }
        self.folded_text(folded, blend, range)
    }
}

/// `text.center(width)` and its kin, within reason.
fn padded(text: &str, name: &str, width: i64) -> String {
    let width = usize::try_from(width).unwrap_or(0).min(1 << 12);
    let missing = width.saturating_sub(text.chars().count());
    let left = match name {
        "ljust" => 0,
        "rjust" => missing,
        _ => missing / 2,
    };
    format!("{}{text}{}", " ".repeat(left), " ".repeat(missing - left))
}

/// `string.Template(text).substitute(…)`.
fn substituted(text: &str, args: &Args<'_>) -> String {
    let mut folded = text.to_owned();
    let pairs = match args.at(0).map(|given| &given.shape) {
        Some(Shape::Dict(pairs)) => pairs.to_vec(),
        _ => Vec::new(),
    };
    let named = args
        .keywords
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    let given = pairs
        .iter()
        .filter_map(|(key, value)| Some((key.as_text()?.to_owned(), value.clone())));
    for (name, value) in named.chain(given).take(64) {
        if let (Some(printed), true) = (value.printed(), folded.len() < 1 << 16) {
            folded = folded.replace(&format!("${{{name}}}"), &printed);
            folded = folded.replace(&format!("${name}"), &printed);
        }
    }
    folded
}

/// The parts of a text that is known as a whole.
fn split<'a>(text: &str, name: &str, args: &Args<'a>, mut blend: Value<'a>) -> Value<'a> {
    let items: Vec<Value<'a>> = match (name, text_at(args, 0)) {
        ("partition", Some(by)) => text
            .split_once(by)
            .map_or(vec![text, "", ""], |(a, b)| vec![a, by, b])
            .into_iter()
            .map(|part| Value::text(part).with(&blend))
            .collect(),
        ("splitlines", _) => text
            .lines()
            .map(|part| Value::text(part).with(&blend))
            .collect(),
        (_, Some(by)) if !by.is_empty() => text
            .split(by)
            .map(|part| Value::text(part).with(&blend))
            .collect(),
        _ => text
            .split_whitespace()
            .map(|part| Value::text(part).with(&blend))
            .collect(),
    };
    blend.shape = Shape::List(Rc::new(items));
    blend
}

fn text_at<'v>(args: &'v Args<'_>, at: usize) -> Option<&'v str> {
    args.at(at).and_then(Value::as_text)
}

fn blend_is_tainted(value: &Value<'_>) -> bool {
    !value.from.is_empty()
}

//! Functions of the standard library that turn constants into constants: what hides a text can be undone.

use std::rc::Rc;

use ruff_python_ast::Operator;
use ruff_text_size::TextRange;

use super::args::Args;
use super::decoders;
use super::interp::Interp;
use super::literals;
use super::origin::Origins;
use super::value::{Shape, Value};

/// How many elements of an endless or long sequence are kept.
const MOST_ITEMS: usize = 4096;

impl<'a> Interp<'a, '_> {
    /// The result of a library function over constants; `None` when nothing better is known than of any other call.
    pub(crate) fn library(
        &mut self,
        path: &str,
        args: &Args<'a>,
        range: TextRange,
    ) -> Option<Value<'a>> {
        let (module, function) = path.rsplit_once('.').unwrap_or(("", path));
        match module {
            "operator" => self.operator(function, args),
            "itertools" | "itertools.chain" => self.sequence(function, args),
            "functools" => self.reduced(args, range),
            "re" => self.substituted(args, range),
            "json" | "ast" => self.read_constant(module, args),
            _ => self.converted(function, args),
        }
    }

    /// `operator.add` and its kin.
    fn operator(&mut self, function: &str, args: &Args<'a>) -> Option<Value<'a>> {
        let op = match function.trim_matches('_') {
            "add" | "concat" | "iadd" | "iconcat" => Operator::Add,
            "mul" => Operator::Mult,
            "mod" => Operator::Mod,
            "sub" => Operator::Sub,
            "xor" | "ixor" => Operator::BitXor,
            "or" => Operator::BitOr,
            _ => return None,
        };
        Some(self.binary(op, args.at(0)?.clone(), args.at(1)?.clone()))
    }

    /// `itertools`: one list for what it would yield.
    fn sequence(&mut self, function: &str, args: &Args<'a>) -> Option<Value<'a>> {
        let lists = self.lists(&args.positional, function == "from_iterable")?;
        let first = lists.first()?;
        let items: Vec<Value<'a>> = match function {
            "chain" | "from_iterable" => lists.concat(),
            "cycle" => first.iter().cycle().take(MOST_ITEMS).cloned().collect(),
            "compress" => {
                let kept = lists.get(1)?.iter().map(|flag| flag.truth() == Some(true));
                let pairs = first.iter().zip(kept);
                pairs
                    .filter(|(_, kept)| *kept)
                    .map(|(item, _)| item.clone())
                    .collect()
            }
            "islice" => {
                let bound = |at: usize| args.at(at).cloned();
                let bounds = match args.positional.len() {
                    2 => [None, bound(1), None],
                    _ => [bound(1), bound(2), bound(3)],
                };
                return Some(self.slice(&Value::list(first.to_vec()), &bounds));
            }
            "accumulate" => {
                let mut items = first.iter().cloned();
                let mut sums = vec![items.next()?];
                for item in items {
                    let last = sums.last()?.clone();
                    sums.push(self.binary(Operator::Add, last, item));
                }
                sums
            }
            _ => return None,
        };
        let blend = args.blend();
        Some(Value::list(items).with(&blend))
    }

    /// The arguments as lists of elements, where all of them are known and not too long.
    fn lists(&mut self, values: &[Value<'a>], nested: bool) -> Option<Vec<Vec<Value<'a>>>> {
        let outer = match values {
            [value] if nested => match &self.iterated(value).shape {
                Shape::List(items) => items.to_vec(),
                _ => return None,
            },
            _ => values.to_vec(),
        };
        let mut lists = Vec::new();
        for value in outer.iter().take(64) {
            match &self.iterated(value).shape {
                Shape::List(items)
                    if items.len() <= MOST_ITEMS && self.may_fold(8 * items.len()) =>
                {
                    lists.push(items.to_vec());
                }
                // A bound of `islice`, or something that is not known.
                _ => lists.push(Vec::new()),
            }
        }
        Some(lists)
    }

    /// `functools.reduce`.
    fn reduced(&mut self, args: &Args<'a>, range: TextRange) -> Option<Value<'a>> {
        let items = self.iterated(args.at(1)?);
        let Shape::List(items) = &items.shape else {
            return self.apply(args, range);
        };
        if items.len() > MOST_ITEMS || !self.may_fold(16 * items.len()) {
            return self.apply(args, range);
        }
        let items = items.clone();
        let mut items = items.iter().cloned();
        let mut sum = match args.at(2) {
            Some(first) => first.clone(),
            None => items.next()?,
        };
        for item in items {
            sum = self.call_value(args.at(0)?, vec![sum, item], range);
        }
        Some(sum)
    }

    /// `re.sub(pattern, replacement, text)`.
    fn substituted(&mut self, args: &Args<'a>, range: TextRange) -> Option<Value<'a>> {
        let (pattern, by, text) = (args.at(0)?, args.at(1)?, args.at(2)?);
        let mut value = text.derived().with(by);
        if !matches!(by.shape, Shape::Str(_) | Shape::Unknown | Shape::Foreign) {
            // A match of the text gives its text, or a part of it.
            let replaced = self.call_value(by, vec![text.clone()], range);
            return Some(value.with(&replaced));
        }
        let (pattern, by, text) = (pattern.as_text()?, by.as_text()?, text.as_text()?);
        if text.len() > 1 << 16 || pattern.len() > 256 || !self.may_fold(8 * text.len()) {
            return Some(value);
        }
        let regex = regex::RegexBuilder::new(pattern)
            .size_limit(1 << 18)
            .build()
            .ok()?;
        let by = by
            .replace('$', "$$")
            .replace(r"\1", "${1}")
            .replace(r"\2", "${2}");
        let replaced = regex.replace_all(text, by.as_str()).into_owned();
        if replaced.len() > 1 << 18 {
            return Some(value);
        }
        value.from = value.from.union(Origins::FOLDED);
        value.shape = Value::text(replaced).shape;
        Some(value)
    }

    /// `json.loads` and `ast.literal_eval` of a constant.
    fn read_constant(&mut self, module: &str, args: &Args<'a>) -> Option<Value<'a>> {
        let first = args.at(0)?;
        if module == "json" && first.from.meets(Origins::INPUT) {
            // Who writes JSON to a program is a program: an agent that calls a tool.
            return Some(first.derived().from(Origins::TOOL));
        }
        let text = first
            .as_text()
            .or_else(|| std::str::from_utf8(first.as_bytes()?).ok())?;
        if text.len() > 1 << 16 || !self.may_fold(4 * text.len()) {
            return None;
        }
        let value = match module {
            "json" => literals::of_json(&serde_json::from_str(text).ok()?),
            _ => literals::of_python(text)?,
        };
        Some(value.with(first))
    }

    /// Codecs, packers and unpackers.
    fn converted(&mut self, function: &str, args: &Args<'a>) -> Option<Value<'a>> {
        let first = args.at(0)?;
        let mut value = first.derived();
        let bytes = match function {
            "a2b_uu" => decoders::uu(first.as_raw()?)?,
            "a2b_qp" | "decodestring" => decoders::quoted_printable(first.as_raw()?),
            "unquote_to_bytes" => decoders::percent(first.as_text()?).into_bytes(),
            "inet_aton" => literals::address(first.as_text()?)?,
            "UUID" => decoders::hexadecimal(first.as_text()?.replace('-', "").as_bytes())?,
            "pack" => literals::packed(first.as_text()?, args.positional.get(1..)?)?,
            "array" => literals::packed(
                &format!(
                    "={}",
                    first.as_text()?.repeat(literals::length(args.at(1)?)?)
                ),
                literals::items(args.at(1)?)?,
            )?,
            "unescape" => decoders::html(first.as_text()?).into_bytes(),
            "join" => {
                let Shape::List(words) = &first.shape else {
                    return None;
                };
                let words: Option<Vec<&str>> = words.iter().map(Value::as_text).collect();
                return Some(Value::text(words?.join(" ")).with(first));
            }
            "Template" => return Some(first.clone()),
            "max" | "min" => return Some(self.element(&Value::list(args.positional.to_vec()))),
            _ => return None,
        };
        if !self.may_fold(bytes.len()) {
            return Some(value);
        }
        if function == "unescape" {
            return Some(self.decoded_text(String::from_utf8(bytes).ok()?, "percent", first));
        }
        value.from = value.from.union(Origins::FOLDED).union(Origins::DECODED);
        value.shape = Shape::Bytes(super::value::Data::Owned(Rc::from(bytes)));
        Some(value)
    }
}

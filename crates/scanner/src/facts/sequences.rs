//! Callables that make lists, element by element.

use std::rc::Rc;

use ruff_text_size::TextRange;

use super::args::Args;
use super::interp::Interp;
use super::value::{Shape, Text, Value};

impl<'a> Interp<'a, '_> {
    /// `reversed`.
    pub(crate) fn reversed(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let first = args.at(0);
        let mut items = self.iterated(first?);
        let Shape::List(list) = &items.shape else {
            return Some(items.derived());
        };
        items.shape = Shape::List(Rc::new(list.iter().rev().cloned().collect()));
        items.chain = items.chain.then("reverse");
        Some(items)
    }

    /// `list`, `sorted` and their kin.
    pub(crate) fn listed(
        &mut self,
        args: &Args<'a>,
        sorts: bool,
        range: TextRange,
    ) -> Option<Value<'a>> {
        let first = args.at(0);
        if let Some(key) = args.keyword("key").cloned() {
            let item = self.element(first?);
            self.call_value(&key, vec![item], range);
            return Some(first?.derived());
        }
        let mut items = first.map_or(Value::list(Vec::new()), |first| self.iterated(first));
        if sorts
            && let Shape::List(list) = &items.shape
            && list.len() <= 4096
        {
            let mut list = list.to_vec();
            sort(&mut list);
            items.shape = Shape::List(Rc::new(list));
        }
        Some(items)
    }

    /// `range`.
    pub(crate) fn range_of(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let number = |at: usize| args.at(at).map(Value::as_int);
        let (start, end, step) = match (number(0)?, number(1), number(2)) {
            (Some(end), None, None) => (0, end, 1),
            (Some(start), Some(Some(end)), None) => (start, end, 1),
            (Some(start), Some(Some(end)), Some(Some(step))) if step != 0 => (start, end, step),
            _ => return Some(args.blend()),
        };
        let count = (end - start) / step;
        if !(0..=1 << 14).contains(&count) || !self.may_fold(usize::try_from(count).ok()? * 8) {
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

    /// `zip`.
    pub(crate) fn zip(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
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
            .map(|at| Value::list(lists.iter().map(|items| self.item_at(items, at)).collect()))
            .collect();
        Some(Value::list(rows))
    }

    /// `enumerate`.
    pub(crate) fn enumerate(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let first = args.at(0);
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

    /// `dict`.
    pub(crate) fn dict_of(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let first = args.at(0);
        let pairs = args
            .keywords
            .iter()
            .map(|(name, value)| (Value::of(Shape::Str(Text::Borrowed(name))), value.clone()));
        let blend = args.blend();
        match first.map(|first| &first.shape) {
            None => Some(Value::of(Shape::Dict(Rc::new(pairs.collect()))).with(&blend)),
            Some(Shape::Dict(known)) if args.keywords.is_empty() => {
                Some(Value::of(Shape::Dict(known.clone())).with(&blend))
            }
            Some(Shape::Dict(known)) => {
                let all = known.iter().cloned().chain(pairs);
                Some(Value::of(Shape::Dict(Rc::new(all.collect()))).with(&blend))
            }
            Some(Shape::List(rows)) if rows.len() <= 4096 && self.may_fold(16 * rows.len()) => {
                let row = |row: &Value<'a>| match &row.shape {
                    Shape::List(row) => Some((row.first()?.clone(), row.get(1)?.clone())),
                    _ => None,
                };
                let rows: Option<Vec<_>> = rows.iter().map(row).collect();
                Some(match rows {
                    Some(rows) => Value::of(Shape::Dict(Rc::new(
                        rows.into_iter().chain(pairs).collect(),
                    )))
                    .with(&blend),
                    None => blend,
                })
            }
            Some(Shape::Name(_)) => first.cloned(),
            Some(_) => Some(blend),
        }
    }
}

/// Puts numbers, texts, or lists by their first element in order; a mixture, which Python refuses, is left alone.
fn sort(items: &mut [Value<'_>]) {
    fn key<'v>(item: &'v Value<'_>) -> Option<(i64, &'v str)> {
        match &item.shape {
            Shape::Int(number) => Some((*number, "")),
            Shape::Str(text) => Some((0, text)),
            Shape::List(items) => match items.first().map(|first| &first.shape) {
                Some(Shape::Int(number)) => Some((*number, "")),
                Some(Shape::Str(text)) => Some((0, text)),
                _ => None,
            },
            _ => None,
        }
    }
    if items.iter().all(|item| key(item).is_some()) {
        items.sort_by(|a, b| key(a).cmp(&key(b)));
    }
}

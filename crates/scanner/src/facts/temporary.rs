//! Temporary files: nobody knows their names, but what is written to one and started again is the same file.

use std::rc::Rc;

use ruff_text_size::TextRange;

use super::args::Args;
use super::interp::Interp;
use super::value::{GAP, Shape, Value};

impl<'a> Interp<'a, '_> {
    /// `NamedTemporaryFile`, `mkstemp`, `mkdtemp`, by the last part of `path`.
    pub(crate) fn temporary(&mut self, path: &str, args: &Args<'a>, range: TextRange) -> Value<'a> {
        let suffix = args.keyword("suffix").and_then(Value::as_text);
        // The place of the call tells one temporary name from another.
        let place = range.start().to_u32();
        let name = Value::text(format!("{GAP}/tmp{place}{}", suffix.unwrap_or("")));
        let handle = || Value::of(Shape::Handle(Rc::new((name.clone(), None))));
        match path.rsplit('.').next() {
            Some("mkdtemp" | "TemporaryDirectory") => name,
            Some("mkstemp") => Value::list(vec![handle(), name]),
            _ => handle(),
        }
    }
}

//! Objects that are little more than their fields: named tuples, data classes, enumerations.

use std::rc::Rc;

use ruff_python_ast::Stmt;
use ruff_text_size::TextRange;

use super::args::Args;
use super::interp::Interp;
use super::join::join;
use super::scope::ClassId;
use super::value::{Shape, Value};

/// Base classes whose fields count before a class's own.
const MOST_BASES: u8 = 5;
/// Members of an enumeration that a loop over it is taken to meet; of a class with many more, nothing is known.
const MOST_MEMBERS: usize = 16;
const MANY_MEMBERS: usize = 256;
/// Fields of a record or data class that are kept apart.
const MOST_FIELDS: usize = 64;

/// The fields that a class body declares by their annotations, in order; one more than are kept apart tells of the rest.
pub(crate) fn declared_fields(body: &[Stmt]) -> Vec<&str> {
    let fields = body.iter().filter_map(|statement| match statement {
        Stmt::AnnAssign(field) => field.target.as_name_expr(),
        _ => None,
    });
    fields
        .map(|name| name.id.as_str())
        .take(MOST_FIELDS + 1)
        .collect()
}

impl<'a> Interp<'a, '_> {
    /// `namedtuple("Step", "call argument")`: what makes records with these fields.
    pub(crate) fn record_class(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let fields = args.at(1).or_else(|| args.keyword("field_names"))?;
        let names: Vec<Value<'a>> = match &fields.shape {
            Shape::Str(text) => text
                .split([',', ' '])
                .filter(|name| !name.is_empty())
                .map(Value::text)
                .collect(),
            // `[("call", Callable)]` names a type beside each field.
            Shape::List(items) => items
                .iter()
                .map(|item| match &item.shape {
                    Shape::List(pair) => pair.first().unwrap_or(item).clone(),
                    _ => item.clone(),
                })
                .collect(),
            _ => return None,
        };
        if names.len() > MOST_FIELDS {
            self.spent = true;
            return None;
        }
        let maker = self.index.names.find("collections.namedtuple()")?;
        let bound = (Value::of(Shape::Name(maker)), vec![Value::list(names)]);
        Some(Value::of(Shape::Partial(Rc::new(bound))))
    }

    /// A record: its fields, given by position or by name.
    pub(crate) fn record(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let Shape::List(names) = &args.at(0)?.shape else {
            return None;
        };
        let mut record = args.blend();
        let pairs = names.iter().enumerate().map(|(at, name)| {
            let given = args.at(at + 1);
            let named = || args.keyword(name.as_text()?);
            let value = given.or_else(named).cloned();
            (name.clone(), value.unwrap_or(Value::UNKNOWN))
        });
        record.shape = Shape::Dict(Rc::new(pairs.collect()));
        Some(record)
    }

    /// What a field of a data class begins with: a default, or what its factory makes.
    pub(crate) fn field_default(&mut self, args: &Args<'a>, range: TextRange) -> Option<Value<'a>> {
        match (args.keyword("default"), args.keyword("default_factory")) {
            (Some(value), _) => Some(value.clone()),
            (None, Some(factory)) => Some(self.call_value(factory, Vec::new(), range)),
            (None, None) => None,
        }
    }

    /// Gives the fields of a class that has no constructor of its own what its arguments say.
    pub(crate) fn fill_fields(&mut self, class: ClassId, object: &Value<'a>, args: &Args<'a>) {
        let fields = self.fields(class, MOST_BASES);
        self.spent |= fields.len() > MOST_FIELDS;
        for (at, field) in fields.into_iter().take(MOST_FIELDS).enumerate() {
            if let Some(value) = args.at(at).or_else(|| args.keyword(field)) {
                self.set_attribute(object, field, value.clone(), TextRange::default());
            }
        }
    }

    fn fields(&self, class: ClassId, depth: u8) -> Vec<&'a str> {
        let (Some(class), Some(depth)) = (self.classes.get(class as usize), depth.checked_sub(1))
        else {
            return Vec::new();
        };
        let base = class.bases.first().map(|base| match base.shape {
            Shape::Class(base) => self.fields(base, depth),
            _ => Vec::new(),
        });
        let mut fields = base.unwrap_or_default();
        fields.extend(&class.fields);
        fields
    }

    /// One of the members that a loop over a class meets.
    pub(crate) fn member_of(&mut self, class: ClassId) -> Value<'a> {
        let Some(class) = self.classes.get(class as usize) else {
            return Value::UNKNOWN;
        };
        let names = class.scope.names.borrow();
        if names.len() > MANY_MEMBERS {
            self.spent = true;
            return Value::UNKNOWN;
        }
        let mut members: Vec<_> = names
            .iter()
            .filter(|(name, value)| {
                !name.starts_with('_') && !matches!(value.shape, Shape::Function(_))
            })
            .collect();
        members.sort_by_key(|(name, _)| **name);
        let values = members.into_iter().take(MOST_MEMBERS);
        let values = values.map(|(_, value)| value.clone());
        values.reduce(join).unwrap_or(Value::UNKNOWN)
    }
}

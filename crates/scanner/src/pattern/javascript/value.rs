//! A value of JavaScript while a program is followed.

use std::collections::HashMap;
use std::rc::Rc;

use crate::pattern::value::{Taint, Value};

/// A value, and what it is called.
#[derive(Debug, Clone, Default)]
pub(super) struct Js {
    /// `child_process.exec`, where a name leads to it.
    pub(super) name: Option<String>,
    pub(super) value: Value,
    /// The node of the function it is.
    pub(super) function: Option<usize>,
    pub(super) elements: Option<Rc<Vec<Js>>>,
    pub(super) fields: Option<Rc<HashMap<String, Js>>>,
}

impl Js {
    pub(super) fn of(value: Value) -> Self {
        Self {
            value,
            ..Self::default()
        }
    }

    pub(super) fn named(name: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            value: Value::unknown(Taint::default()),
            ..Self::default()
        }
    }

    pub(super) fn unknown(taint: Taint) -> Self {
        Self::of(Value::unknown(taint))
    }

    /// The function of this node.
    pub(super) fn function(id: usize) -> Self {
        Self {
            function: Some(id),
            ..Self::unknown(Taint::default())
        }
    }

    /// A list that came from wherever its elements did.
    pub(super) fn list(elements: Vec<Self>) -> Self {
        let taint = Self::marks(&elements);
        Self::list_from(elements, taint)
    }

    pub(super) fn list_from(elements: Vec<Self>, taint: Taint) -> Self {
        Self {
            elements: Some(Rc::new(elements)),
            ..Self::unknown(taint)
        }
    }

    pub(super) fn object(fields: HashMap<String, Self>, taint: Taint) -> Self {
        Self {
            fields: Some(Rc::new(fields)),
            ..Self::unknown(taint)
        }
    }

    /// An object of these fields, `*` being any other.
    pub(super) fn with<const N: usize>(fields: [(&str, Self); N], taint: Taint) -> Self {
        let fields = fields.map(|(name, field)| (name.to_owned(), field));
        Self::object(fields.into(), taint)
    }

    /// Where any of these came from.
    pub(super) fn marks(values: &[Self]) -> Taint {
        let taints = values.iter().map(|one| one.value.taint);
        taints.fold(Taint::default(), |all, taint| all | taint)
    }

    pub(super) fn join(&mut self, other: &Self) {
        let taint = self.value.taint | other.value.taint;
        if self.value.text.is_empty() && self.name.is_none() {
            *self = other.clone();
        } else if self.value.text != other.value.text || self.name != other.name {
            self.value = Value::unknown(taint);
            self.name = self.name.take().or_else(|| other.name.clone());
        }
        self.value.taint = taint;
    }
}

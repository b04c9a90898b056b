//! A value of JavaScript while a program is followed.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use crate::pattern::value::{Taint, Value};

/// What lies in a list or an object; a program nests them as deep as it is long, so each gives up its own in a loop.
#[derive(Debug, Clone, Default)]
pub(super) struct Nest<T: Inner>(T);

/// Lists and objects.
pub(super) trait Inner {
    /// Hands over what lies inside.
    fn give_up(&mut self, pending: &mut Vec<Js>);
}

pub(super) type List = Nest<Vec<Js>>;
pub(super) type Record = Nest<HashMap<String, Js>>;

impl<T: Inner> Nest<T> {
    pub(super) fn of(inner: T) -> Rc<Self> {
        Rc::new(Self(inner))
    }
}

impl Inner for Vec<Js> {
    fn give_up(&mut self, pending: &mut Vec<Js>) {
        pending.append(self);
    }
}

impl Inner for HashMap<String, Js> {
    fn give_up(&mut self, pending: &mut Vec<Js>) {
        pending.extend(self.drain().map(|(_, value)| value));
    }
}

impl<T: Inner> Deref for Nest<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Inner> DerefMut for Nest<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Inner> Drop for Nest<T> {
    fn drop(&mut self) {
        let mut pending = Vec::new();
        self.0.give_up(&mut pending);
        while let Some(mut value) = pending.pop() {
            if let Some(list) = value.elements.as_mut().and_then(Rc::get_mut) {
                list.0.give_up(&mut pending);
            }
            if let Some(record) = value.fields.as_mut().and_then(Rc::get_mut) {
                record.0.give_up(&mut pending);
            }
        }
    }
}

/// A value, and what it is called.
#[derive(Debug, Clone, Default)]
pub(super) struct Js {
    /// `child_process.exec`, where a name leads to it.
    pub(super) name: Option<String>,
    pub(super) value: Value,
    /// The node of the function it is.
    pub(super) function: Option<usize>,
    pub(super) elements: Option<Rc<List>>,
    pub(super) fields: Option<Rc<Record>>,
}

impl Js {
    /// How many things lie in it.
    pub(super) fn width(&self) -> usize {
        let listed = self.elements.as_ref().map_or(0, |list| list.len());
        listed + self.fields.as_ref().map_or(0, |fields| fields.len())
    }

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
            elements: Some(List::of(elements)),
            ..Self::unknown(taint)
        }
    }

    pub(super) fn object(fields: HashMap<String, Self>, taint: Taint) -> Self {
        Self {
            fields: Some(Record::of(fields)),
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

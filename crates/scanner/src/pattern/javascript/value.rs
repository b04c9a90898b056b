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

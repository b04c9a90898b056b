//! What a value may be where branches meet.

use std::rc::Rc;

use super::value::{Shape, Value};

/// How many values a choice keeps apart.
const MAX_CHOICES: usize = 6;

/// Either of the two.
pub(crate) fn join<'a>(left: Value<'a>, right: Value<'a>) -> Value<'a> {
    // Either is no credential of both services.
    let services = left.services.larger(right.services);
    if same(&left.shape, &right.shape) {
        let mut joined = left;
        joined.taint_with(&right);
        joined.services = services;
        return joined;
    }
    let mut joined = left.derived();
    joined.taint_with(&right);
    joined.services = services;
    let (known, other) = match weight(&left.shape) {
        0 => (right, left),
        _ => (left, right),
    };
    // Of nearly every two values one is not known at all.
    if weight(&other.shape) == 0 {
        if !matches!(known.shape, Shape::Int(_) | Shape::Bool(_) | Shape::Nothing)
            && weight(&known.shape) > 0
        {
            joined.shape = known.shape;
        }
        return joined;
    }
    let mut choices: Vec<Value<'a>> = Vec::new();
    for choice in known.choices().iter().chain(other.choices()) {
        let known = choices
            .iter()
            .any(|known| same(&known.shape, &choice.shape));
        if weight(&choice.shape) > 0 && !known {
            choices.push(choice.clone());
        }
    }
    // What is worth keeping is what a rule may speak of.
    choices.sort_by_key(|choice| std::cmp::Reverse(weight(&choice.shape)));
    choices.truncate(MAX_CHOICES);
    joined.shape = match choices.len() {
        0 | 1 => choices.pop().map_or(Shape::Unknown, |choice| choice.shape),
        _ => Shape::OneOf(Rc::new(choices)),
    };
    joined
}

fn weight(shape: &Shape<'_>) -> u8 {
    match shape {
        Shape::Unknown | Shape::Foreign => 0,
        Shape::Nothing | Shape::Bool(_) | Shape::Int(_) => 1,
        Shape::Str(text) | Shape::Path(text) => u8::from(!text.is_empty()) * 3,
        Shape::Bytes(_) | Shape::List(_) | Shape::Dict(_) => 3,
        Shape::Instance(_)
        | Shape::Class(_)
        | Shape::Handle(_)
        | Shape::Names(_)
        | Shape::Picked(_) => 4,
        Shape::Function(_) | Shape::Bound(_) | Shape::Partial(_) => 5,
        Shape::OneOf(_) => 6,
        Shape::Name(_) => 7,
    }
}

fn same<'a>(left: &Shape<'a>, right: &Shape<'a>) -> bool {
    match (left, right) {
        (Shape::Unknown, Shape::Unknown)
        | (Shape::Foreign, Shape::Foreign)
        | (Shape::Nothing, Shape::Nothing) => true,
        (Shape::Bool(a), Shape::Bool(b)) => a == b,
        (Shape::Int(a), Shape::Int(b)) => a == b,
        (Shape::Str(a), Shape::Str(b)) | (Shape::Path(a), Shape::Path(b)) => **a == **b,
        (Shape::Bytes(a), Shape::Bytes(b)) => **a == **b,
        (Shape::Name(a), Shape::Name(b)) => a == b,
        (Shape::Picked(a), Shape::Picked(b)) => a == b,
        (Shape::Function(a), Shape::Function(b))
        | (Shape::Class(a), Shape::Class(b))
        | (Shape::Instance(a), Shape::Instance(b)) => a == b,
        (Shape::List(a), Shape::List(b)) => Rc::ptr_eq(a, b),
        (Shape::Dict(a), Shape::Dict(b)) => Rc::ptr_eq(a, b),
        (Shape::Handle(a), Shape::Handle(b)) => Rc::ptr_eq(a, b),
        _ => false,
    }
}

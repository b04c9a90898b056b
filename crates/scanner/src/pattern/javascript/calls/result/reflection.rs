//! Members and calls that go through `Reflect`.

use super::super::super::follow::Follower;
use super::super::super::names::{is_dangerous, member};
use super::super::super::value::Js;
use super::super::Call;
use super::result;
use crate::pattern::value::Taint;

/// What `Reflect` gives or calls, `None` when this call is none of its.
pub(super) fn reflected(
    follower: &mut Follower<'_>,
    call: &Call,
    name: &str,
    arguments: &[Js],
) -> Option<Js> {
    match name {
        "Reflect.get" => got(follower, call, arguments),
        "Reflect.apply" => called(follower, call, arguments.first()?, arguments.get(2)),
        "Reflect.construct" => called(follower, call, arguments.first()?, arguments.get(1)),
        _ => None,
    }
}

fn got(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) -> Option<Js> {
    let [object, key, ..] = arguments else {
        return None;
    };
    let found = member(object, key.value.known()?);
    let hidden = key.value.taint.has(Taint::PIECES | Taint::DECODED);
    let name = found.name.clone();
    if let Some(name) = name.filter(|name| hidden && is_dangerous(name)) {
        follower.check(call.span.clone(), "javascript-computed-member", name);
    }
    Some(found)
}

fn called(
    follower: &mut Follower<'_>,
    call: &Call,
    function: &Js,
    given: Option<&Js>,
) -> Option<Js> {
    let inner = Call {
        callee: function.clone(),
        receiver: Js::default(),
        constructs: false,
        span: call.span.clone(),
    };
    // `Reflect.apply(Reflect.apply, …)` has no end.
    if inner.name().starts_with("Reflect.") {
        return None;
    }
    let given = given.and_then(|list| list.elements.clone());
    let given = given.as_deref().map_or(&[][..], |list| list.as_slice());
    Some(result(follower, &inner, given))
}

//! Members and calls that go through `Reflect`.

use super::super::super::follow::Follower;
use super::super::super::names::{is_dangerous, member};
use super::super::super::value::Js;
use super::super::{Call, indirect};
use super::result;
use crate::pattern::value::Taint;

/// What `Reflect` gives or calls, `None` when this call is none of its.
pub(super) fn reflected(
    follower: &mut Follower<'_>,
    call: &Call,
    name: &str,
    arguments: &[Js],
) -> Option<Js> {
    if name == "Reflect.get" {
        return got(follower, call, arguments);
    }
    let (inner, given) = indirect::reflected(call, arguments)?;
    Some(result(follower, &inner, &given))
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

//! Functions that are called by way of others: `texts.map(eval)`, `f.call(this)`, `Reflect.apply(f, this, [])`.

use super::super::follow::Follower;
use super::super::value::Js;
use super::{Call, judge};
use crate::pattern::value::Value;

/// Elements of a list that are handed on one by one.
const MAX_HANDED: usize = 16;

/// Judges the function that is called by way of this one, `false` when this one is called for itself.
pub(super) fn redirected(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) -> bool {
    let binds = call.method() == "bind" && arguments.len() > 1;
    let calls = matches!(call.method(), "call" | "apply") && call.name() != "Reflect.apply";
    let redirects = (binds || calls) && !call.constructs;
    if redirects {
        bound(follower, call, arguments);
    }
    redirects
}

/// The call that `Reflect` makes, and its arguments; one that is again a call of `Reflect` has no end.
pub(super) fn reflected(call: &Call, arguments: &[Js]) -> Option<(Call, Vec<Js>)> {
    let at = match call.name() {
        "Reflect.apply" => 2,
        "Reflect.construct" => 1,
        _ => return None,
    };
    let inner = call.of(arguments.first()?.clone());
    let given = arguments.get(at).and_then(|list| list.elements.as_ref());
    let given = given.map_or_else(Vec::new, |list| list.to_vec());
    (!inner.name().starts_with("Reflect.")).then_some((inner, given))
}

/// A function that runs code or programs, given to something that will call it: `texts.map(eval)`.
pub(super) fn handed_on(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    let runs = |argument: &Js| {
        argument.function.is_none()
            && argument.name.as_deref().is_some_and(|name| {
                matches!(name, "eval" | "Function") || name.starts_with("child_process.exec")
            })
    };
    let Some(at) = arguments.iter().position(runs) else {
        return;
    };
    let unknown = vec![Js::of(Value::unknown(call.receiver.value.taint))];
    let rounds: Vec<Vec<Js>> = match (call.method(), &call.receiver.elements) {
        (
            "map" | "forEach" | "filter" | "find" | "some" | "every" | "reduce" | "flatMap"
            | "sort" | "findIndex",
            Some(elements),
        ) => elements
            .iter()
            .take(MAX_HANDED)
            .map(|element| vec![element.clone()])
            .collect(),
        ("then", _) if call.receiver.value.known().is_some() => vec![vec![call.receiver.clone()]],
        (
            "then" | "map" | "forEach" | "filter" | "find" | "some" | "every" | "reduce"
            | "replace" | "replaceAll" | "on" | "once",
            _,
        ) => vec![unknown],
        ("setTimeout" | "setImmediate" | "queueMicrotask" | "nextTick", _) => {
            let skipped = if call.method() == "setTimeout" { 2 } else { 1 };
            vec![arguments.get(at + skipped..).unwrap_or_default().to_vec()]
        }
        _ => return,
    };
    let inner = call.of(arguments.get(at).cloned().unwrap_or_default());
    for given in rounds {
        judge(follower, &inner, &given);
    }
}

/// `f.call(this, …)` and `f.apply(this, […])` are calls of `f`.
fn bound(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    // `Function.prototype.call.call(f, this, …)` calls `f` the long way round.
    let detour = call.name().starts_with("Function.prototype.");
    let rest = arguments.get(1 + usize::from(detour)..).unwrap_or_default();
    let spread = rest
        .first()
        .and_then(|list| list.elements.clone())
        .filter(|_| call.method() == "apply");
    let inner = match arguments.first() {
        Some(function) if detour => call.of(function.clone()),
        _ => call.of(call.receiver.clone()),
    };
    if !matches!(inner.method(), "call" | "apply" | "bind") {
        judge(
            follower,
            &inner,
            spread.as_deref().map_or(rest, |list| list.as_slice()),
        );
    }
}

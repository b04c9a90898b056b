//! Addresses: where a call goes, what they tell, and those that are hidden.

use std::ops::Range;

use super::super::follow::Follower;
use super::super::value::Js;
use super::Call;
use crate::pattern::hosts;
use crate::pattern::value::{Taint, Value};

/// An address that a page, a picture or a form is sent to by being set.
pub(in crate::pattern::javascript) fn addressed(
    follower: &mut Follower<'_>,
    address: &Js,
    span: Range<usize>,
) {
    let taint = address.value.taint;
    if !address.value.text.contains("://") {
        return;
    }
    if taint.has(Taint::SECRET | Taint::ENVIRONMENT) {
        follower.check(span, "javascript-credentials-sent", taint.describe());
    } else if taint.has(Taint::PERSONAL) {
        follower.check(span, "javascript-files-sent", taint.describe());
    }
}

/// What a name that is looked up tells whoever answers for its domain.
pub(super) fn looked_up(follower: &mut Follower<'_>, span: &Range<usize>, name: &Value) {
    if name.taint.has(
        Taint::SECRET
            | Taint::ENVIRONMENT
            | Taint::FILE
            | Taint::MACHINE
            | Taint::TOKEN
            | Taint::ENCODED,
    ) {
        follower.check(
            span.clone(),
            "javascript-dns-data",
            format!("{} → {}", name.taint.describe(), name.text),
        );
    }
}

/// Host and port of the address in an argument.
pub(super) fn address(argument: &Js) -> Option<String> {
    hosts::contacted(&place(argument)?.text)
}

/// Honest programs do not hide where they connect to: an address that only decoding brings to light.
pub(super) fn hidden_address(follower: &mut Follower<'_>, call: &Call, arguments: &[Js]) {
    let socket = call.name().starts_with("net.") || call.name().starts_with("tls.");
    let host = arguments.iter().find_map(|argument| {
        let value = place(argument).or_else(|| Some(&argument.value).filter(|_| socket))?;
        let host = hosts::host_of(&value.text)?;
        // Only a constant can be decoded here; what is decoded at run time has no text.
        let hidden = value.taint.has(Taint::DECODED) && !value.taint.has(Taint::NETWORK);
        (hidden && hosts::is_elsewhere(&host)).then_some(host)
    });
    if let Some(host) = host {
        follower.check(call.span.clone(), "javascript-address-hidden", host);
    }
}

/// The text that says where a call goes.
fn place(argument: &Js) -> Option<&Value> {
    let field = |name: &&str| argument.fields.as_ref()?.get(*name);
    let named = ["hostname", "host", "url", "baseURL"]
        .iter()
        .find_map(field);
    match named {
        Some(field) => Some(&field.value),
        None => Some(&argument.value).filter(|value| value.text.contains("://")),
    }
}

//! What a browser tells: what is typed, selected and copied in its pages.

use super::super::super::value::Js;
use super::super::Call;
use crate::pattern::value::Taint;

/// The marks of what a page's visitor typed, chose or copied; none when the call asks for none of it.
pub(super) fn typed(call: &Call, first: Option<&Js>) -> Taint {
    let name = call.name();
    match name {
        "chrome.tabs.captureVisibleTab" | "chrome.history.search" | "chrome.bookmarks.getTree" => {
            Taint::PERSONAL
        }
        "document.getSelection" | "window.getSelection" | "globalThis.getSelection" => {
            Taint::PERSONAL
        }
        _ if call.method() == "getData" && name.contains("clipboardData") => Taint::PERSONAL,
        _ if matches!(call.method(), "addEventListener" | "on" | "addListener")
            && first.is_some_and(|event| {
                matches!(event.value.text.as_str(), "keydown" | "keypress" | "keyup")
            }) =>
        {
            // The handler is told every key.
            Taint::PERSONAL
        }
        _ if call.method() == "addEventListener"
            && matches!(
                call.receiver.name.as_deref(),
                Some("document" | "globalThis" | "document.body" | "document.documentElement")
            )
            && first.is_some_and(|event| {
                matches!(
                    event.value.text.as_str(),
                    "submit" | "input" | "change" | "paste" | "copy" | "cut"
                )
            }) =>
        {
            // Whatever is typed into any form of the page.
            Taint::PERSONAL
        }
        "document.querySelector" | "document.getElementById" | "document.querySelectorAll"
            if first.is_some_and(|one| is_private_field(&one.value.text)) =>
        {
            Taint::PERSONAL
        }
        _ => Taint::default(),
    }
}

/// Fields of a page into which a person types what nobody else may know.
fn is_private_field(selector: &str) -> bool {
    let lower = selector.to_ascii_lowercase();
    [
        "password",
        "passwd",
        "seed",
        "mnemonic",
        "cvv",
        "cvc",
        "card-number",
        "cardnumber",
        "ssn",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

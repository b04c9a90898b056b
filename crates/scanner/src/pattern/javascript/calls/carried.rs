//! What of the arguments of a request is data, and what is the caller's own key.

use std::collections::HashMap;

use super::super::value::Js;
use crate::pattern::value::Taint;

/// Headers carry the caller's own key by design; everything else is data.
pub(super) fn carried(argument: &Js) -> Taint {
    let Some(fields) = &argument.fields else {
        return argument.value.taint;
    };
    fields
        .iter()
        .fold(Taint::default(), |taint, (name, field)| {
            let value = field.value.taint;
            if name == "headers"
                && let Some(headers) = &field.fields
            {
                return taint | in_headers(headers);
            }
            let own = matches!(
                name.as_str(),
                "headers" | "auth" | "agent" | "token" | "apiKey"
            );
            taint
                | if own {
                    value.without(
                        Taint::TOKEN
                            | Taint::OWNED
                            | Taint::ISSUED
                            | Taint::SESSION
                            | Taint::FILE
                            | Taint::MACHINE
                            | Taint::ENVIRONMENT,
                    )
                } else {
                    value
                }
        })
}

/// Headers by whose names nobody is asked with a key carry data.
fn in_headers(headers: &HashMap<String, Js>) -> Taint {
    headers
        .iter()
        .fold(Taint::default(), |taint, (name, header)| {
            let value = header.value.taint;
            let lower = name.to_ascii_lowercase();
            let own = ["auth", "token", "key", "cookie", "agent", "session", "..."]
                .iter()
                .any(|word| lower.contains(word));
            let plain = value.without(Taint::TOKEN | Taint::FILE | Taint::MACHINE);
            taint
                | if own {
                    plain
                        .without(Taint::ISSUED | Taint::SESSION | Taint::ENVIRONMENT | Taint::OWNED)
                } else {
                    plain
                }
        })
}

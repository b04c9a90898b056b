//! Calls that make paths, or tell where things lie.

use super::super::super::value::Js;
use super::folding::joined;
use crate::pattern::value::{Taint, Value};

/// The path that a call yields, `None` when it yields none.
pub(super) fn path(name: &str, arguments: &[Js]) -> Option<Js> {
    let place = |path: &str| Some(Js::of(Value::text(path)));
    match name {
        "path.join" | "path.resolve" | "path.normalize" => Some(joined(arguments, "/")),
        "path.dirname" => {
            let path = &arguments.first()?.value;
            Some(Js::of(
                Value::text(parent(path.known()?)).tainted(path.taint),
            ))
        }
        "path.basename" => {
            let first = arguments.get(..1).unwrap_or_default();
            Some(Js::unknown(Js::marks(first).without(Taint::REQUEST)))
        }
        "process.cwd" => place("."),
        "os.homedir" => place("~"),
        "os.tmpdir" => place("/tmp"),
        _ => None,
    }
}

/// The folder in which a path lies.
fn parent(path: &str) -> String {
    match path.trim_end_matches('/').rsplit_once('/') {
        Some((parent, last)) if !matches!(last, "." | "..") => parent.to_owned(),
        _ if matches!(path, "." | "") => "..".to_owned(),
        _ if path.ends_with("..") => format!("{path}/.."),
        _ => ".".to_owned(),
    }
}

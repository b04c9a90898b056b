//! Texts that reach a database or a file system with what a stranger wrote in them.

use std::sync::LazyLock;

use regex::Regex;

use super::super::follow::Follower;
use super::Call;
use crate::expression::constant;
use crate::pattern::value::{Taint, UNKNOWN, Value};

/// A statement of SQL in which something unknown stands where a value or an order would.
static OPEN_QUERY: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?is)^\s*(?:select|insert|update|delete|with|replace|merge)\b.*(?:['\x22]%?|=\s*|\blike\s+|\bin\s*\(|\border\s+by\s+|\blimit\s+|\boffset\s+|\bvalues\s*\(|,\s*')\x{fffd}",
    )
});

/// Judges a query or a path that is put together from what a caller or a stranger wrote.
pub(super) fn judge(follower: &mut Follower<'_>, call: &Call, first: &Value) {
    let asks = matches!(
        call.method(),
        "query"
            | "execute"
            | "raw"
            | "unsafe"
            | "$queryRawUnsafe"
            | "$executeRawUnsafe"
            | "exec"
            | "prepare"
            | "all"
            | "get"
            | "run"
            | "each"
            | "queryArray"
            | "queryObject"
    );
    if asks
        && first.taint.has(Taint::ARGUMENT | Taint::REQUEST)
        && first.taint.has(Taint::PIECES)
        && OPEN_QUERY.is_match(&first.text)
    {
        let detail: String = first.text.replace(UNKNOWN, "…").chars().take(120).collect();
        follower.check(call.span.clone(), "javascript-query-injection", detail);
    }
    let opens = call.name().starts_with("fs.")
        && matches!(
            call.method(),
            "readFile"
                | "readFileSync"
                | "createReadStream"
                | "writeFile"
                | "writeFileSync"
                | "createWriteStream"
                | "unlink"
                | "unlinkSync"
                | "rm"
                | "rmSync"
        )
        || call.method() == "sendFile";
    if opens && first.taint.has(Taint::REQUEST) && first.text.contains(UNKNOWN) {
        let detail = first.text.replace(UNKNOWN, "…");
        follower.check(call.span.clone(), "javascript-path-from-request", detail);
    }
}

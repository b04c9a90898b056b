//! Money: addresses that are put in the place of others, and ransoms that are asked.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::expression::constant;
use crate::pattern::resolved::{Fact, What};
use crate::pattern::value::Value;

/// Addresses of wallets.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"\b(?:bc1[a-z0-9]{25,60}|[13][a-km-zA-HJ-NP-Z1-9]{25,34}|0x[0-9a-fA-F]{40}|T[1-9A-HJ-NP-Za-km-z]{33}|4[0-9AB][1-9A-HJ-NP-Za-km-z]{93}|ltc1[a-z0-9]{25,60})\b",
    )
});
/// Notes that ask for money in return for files.
static RANSOM: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?is)\b(?:btc|bitcoin|monero|xmr|ethereum|usdt|ransom)\b.{0,400}\b(?:decrypt|restore|recover|unlock|files? back)|\b(?:encrypted|locked)\b.{0,400}\b(?:btc|bitcoin|monero|xmr|usdt|ransom)\b",
    )
});

/// Whether a text asks for money in return for files.
pub(in crate::pattern::javascript) fn asks_ransom(text: &str) -> bool {
    RANSOM.is_match(text)
}

/// Where an address of its own is put into a clipboard that the program reads.
pub(in crate::pattern::javascript) fn swapped_address(facts: &[Fact]) -> Option<Range<usize>> {
    let of_clipboard = |name: &str, verb: &str| {
        let method = name.rsplit('.').next().unwrap_or(name);
        method.starts_with(verb) && name.to_ascii_lowercase().contains("clipboard")
    };
    let calls = || {
        facts.iter().filter_map(|fact| match &fact.what {
            What::Call { name, arguments } => Some((fact, name, arguments)),
            _ => None,
        })
    };
    let swaps = |(fact, name, arguments): (&Fact, &String, &Vec<Value>)| {
        let own = of_clipboard(name, "write")
            && arguments
                .iter()
                .any(|argument| ADDRESS.is_match(&argument.text));
        own.then(|| fact.span.clone())
    };
    let span = calls().find_map(swaps)?;
    calls()
        .any(|(_, name, _)| of_clipboard(name, "read"))
        .then_some(span)
}

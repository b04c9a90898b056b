//! Traffic that goes another way, or to whoever answers.

use std::sync::LazyLock;

use regex::Regex;

use crate::expression::constant;

static UNCHECKED: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"^(?:--insecure|-[a-zA-Z]*k[a-zA-Z]*|--no-check-certificate|--verify=no|http\.sslVerify=false|strict-ssl=false)$",
    )
});

/// Whether a command sends the traffic of others another way.
pub(super) fn redirects(name: &str, words: &[&str]) -> bool {
    let has = |word: &str| words.contains(&word);
    match name {
        "networksetup" => words
            .iter()
            .any(|word| word.contains("proxy") && word.contains("set")),
        "security" => has("add-trusted-cert"),
        "iptables" | "nft" => has("REDIRECT") || has("DNAT"),
        "arpspoof" | "ettercap" | "bettercap" | "mitmproxy" | "mitmdump" | "responder" => true,
        _ => false,
    }
}

/// Certificates are not checked, and something of the answer is used or something is sent.
pub(super) fn trusts_anyone(name: &str, words: &[&str]) -> bool {
    if !matches!(name, "curl" | "wget" | "git" | "npm" | "http") {
        return false;
    }
    let has = |flags: &[&str]| words.iter().any(|word| flags.contains(word));
    let switched = words.iter().any(|word| UNCHECKED.is_match(word))
        || words
            .windows(2)
            .any(|pair| matches!(pair, ["http.sslVerify" | "strict-ssl", "false"]));
    let thrown_away = words
        .windows(2)
        .any(|pair| matches!(pair, ["-o" | "--output" | "-O", "/dev/null"]))
        && !has(&["-d", "--data", "-F", "--form", "-T", "-u", "-H"]);
    let own = words.iter().any(|word| {
        let rest = word.split_once("://").map_or("", |(_, rest)| rest);
        ["localhost", "127.0.0.1", "[::1]"]
            .iter()
            .any(|host| rest.starts_with(host))
    });
    switched && !thrown_away && !own
}

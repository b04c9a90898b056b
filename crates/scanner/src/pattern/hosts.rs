//! Hosts that mean something: a cloud's own services, makers of installers, places where things are dropped.

use std::net::Ipv4Addr;
use std::sync::LazyLock;

use regex::Regex;

use super::value::UNKNOWN;
use crate::authority::{authority, without_port};
use crate::expression::constant;

static METADATA: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"169\.254\.169\.254|169\.254\.170\.2|metadata\.google\.internal|100\.100\.100\.200|fd00:ec2::254",
    )
});

/// The service whose bots carry messages, each by a name that is its key.
const BOTS: &str = "api.telegram.org";

/// Host and port of an address, without user and path.
pub(crate) fn host_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let host = authority(rest);
    let plain = without_port(host);
    let looks =
        plain.contains('.') || plain == "localhost" || host.starts_with('[') || !scheme.is_empty();
    let valid = plain.bytes().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'[' | b']')
    });
    (looks && valid && !host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// Host and port of an address that is asked; a bot whose name is not in the program is its user's own.
pub(crate) fn contacted(url: &str) -> Option<String> {
    let host = host_of(url)?;
    let plain = host.strip_suffix(":443").unwrap_or(&host);
    if plain != BOTS {
        return Some(host);
    }
    let own = url
        .split_once("/bot")
        .is_some_and(|(_, name)| name.starts_with(UNKNOWN));
    Some(if own {
        format!("{BOTS}:443")
    } else {
        plain.to_owned()
    })
}

/// Whether a host answers a cloud machine about itself.
pub(crate) fn is_metadata(host: &str) -> bool {
    METADATA.is_match(host)
        || plain_address(host).is_some_and(|address| METADATA.is_match(&address.to_string()))
}

/// Whether a host is a public address of numbers.
pub(crate) fn is_bare_address(host: &str) -> bool {
    without_port(host).parse::<Ipv4Addr>().is_ok_and(|address| {
        !address.is_private() && !address.is_loopback() && !address.is_unspecified()
    })
}

/// Whether a host is neither this machine nor one of the same network.
pub(crate) fn is_elsewhere(host: &str) -> bool {
    let plain = without_port(host);
    let near = plain_address(host).is_some_and(|address| {
        address.is_private() || address.is_loopback() || address.is_unspecified()
    });
    let named = [".local", ".internal", ".localhost", ".svc"]
        .iter()
        .any(|ending| plain.ends_with(ending));
    plain.contains('.') && !plain.contains(UNKNOWN) && !near && !named
}

/// Whether a host answers questions about names for everyone.
pub(crate) fn is_resolver(host: &str) -> bool {
    matches!(
        without_port(host),
        "1.1.1.1" | "1.0.0.1" | "8.8.8.8" | "8.8.4.4" | "9.9.9.9"
    )
}

/// An IPv4 address in whatever way a resolver reads it: one number, hexadecimal or octal parts.
fn plain_address(host: &str) -> Option<Ipv4Addr> {
    let number = |part: &str| match part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None if part.len() > 1 && part.starts_with('0') => u32::from_str_radix(part, 8).ok(),
        None => part.parse().ok(),
    };
    let parts: Vec<u32> = without_port(host)
        .split('.')
        .map(number)
        .collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    let room = 4_usize.checked_sub(first.len())?;
    let mut whole = u64::from(*last);
    for (index, part) in first.iter().enumerate() {
        whole += u64::from(*part) << (24_usize.checked_sub(8 * index)?);
    }
    let fits = room > 0 && first.iter().all(|part| *part < 256);
    u32::try_from(whole)
        .ok()
        .filter(|_| fits)
        .map(Ipv4Addr::from)
}

/// Whether a host is one where things are dropped for someone unnamed to collect.
pub(crate) fn is_drop(host: &str) -> bool {
    if host.strip_suffix(":443") == Some(BOTS) {
        return false;
    }
    let host = without_port(host);
    DROPS.iter().any(|drop| {
        host.strip_suffix(drop)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}

/// Services that take requests or files from anyone.
const DROPS: &[&str] = &[
    "webhook.site",
    "requestbin.com",
    "requestbin.net",
    "pipedream.net",
    "oast.fun",
    "oast.me",
    "oast.pro",
    "oast.live",
    "oast.site",
    "oastify.com",
    "interact.sh",
    "burpcollaborator.net",
    "ngrok.io",
    "ngrok.app",
    "ngrok-free.app",
    "ngrok-free.dev",
    "trycloudflare.com",
    "serveo.net",
    "localtunnel.me",
    "loca.lt",
    "transfer.sh",
    "file.io",
    "0x0.st",
    "pastebin.com",
    "paste.ee",
    "termbin.com",
    "hastebin.com",
    "ix.io",
    "sprunge.us",
    "dpaste.com",
    "anonfiles.com",
    "gofile.io",
    "bashupload.com",
    "temp.sh",
    "catbox.moe",
    "api.telegram.org",
    "beeceptor.com",
    "hookb.in",
    "canarytokens.com",
    "dnslog.cn",
    "ceye.io",
    "rentry.co",
    "glot.io",
    "requestcatcher.com",
    "mockbin.org",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_read_from_an_address() {
        assert_eq!(
            host_of("https://u:p@Ex.org:8443/a?b").as_deref(),
            Some("ex.org:8443")
        );
        assert_eq!(host_of("file.txt/x").as_deref(), Some("file.txt"));
        assert_eq!(host_of("data"), None);
    }
}

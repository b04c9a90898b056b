//! Hosts: what kind of place each is, and whose.

use std::net::Ipv4Addr;

use super::places::{KNOWN, SHORTENER, THROWAWAY};

/// What stands behind a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A public address without a name.
    Raw,
    /// A service for pasted text or anonymous files, or a tunnel to a machine at home.
    Throwaway,
    /// A service that hides where a link leads.
    Shortener,
    /// A publisher of installers that the field knows.
    Known,
    /// This machine or its network, or a name reserved for examples.
    Local,
    /// Any other.
    Named,
}

/// Names that mean this machine or its network.
const NEAR_BY: &[&str] = &["localhost", ".local", ".localhost", ".internal"];

/// Names that no one can own, of which documents make their examples.
const RESERVED: &[&str] = &[
    "test",
    "invalid",
    "example.com",
    "example.org",
    "example.net",
];

/// What examples call the host or the company that stands for the reader's own.
const PLACEHOLDERS: &[&str] = &[
    "api",
    "www",
    "app",
    "docs",
    "dev",
    "staging",
    "prod",
    "test",
    "cdn",
    "auth",
    "login",
    "mail",
    "smtp",
    "blog",
    "shop",
    "static",
    "git",
    "gitlab",
    "jira",
    "registry",
    "proxy",
    "internal",
    "site",
    "server",
    "host",
    "domain",
    "company",
    "corp",
    "acme",
    "foo",
    "bar",
    "a",
    "b",
    "myapp",
    "db",
    "web",
    "admin",
    "assets",
    "images",
    "files",
    "data",
    "backend",
    "frontend",
    "sso",
    "id",
    "evil",
    "attacker",
    "malicious",
    "hacker",
    "phishing",
    "victim",
    "bad",
];

/// Whether a reserved name is one that stands for the reader's own, like `api.example.com`.
pub(crate) fn is_placeholder(host: &str) -> bool {
    let under = |name: &&&str| below(host, name);
    let Some(reserved) = RESERVED.iter().find(under) else {
        return false;
    };
    let own = host.strip_suffix(reserved).unwrap_or(host);
    let mut labels = own.trim_end_matches('.').split('.');
    labels.all(|label| {
        label.is_empty()
            || PLACEHOLDERS.contains(&label)
            || ["your", "my", "example"]
                .iter()
                .any(|word| label.starts_with(word))
    })
}

/// Whether a host is an attacker's by its name, which only examples give it.
pub(crate) fn is_villain(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    [
        "attacker",
        "evil",
        "malicious",
        "suspicious",
        "hacker",
        "victim",
    ]
    .iter()
    .any(|name| host.split(['.', '-']).any(|part| part == *name))
}

/// What kind of place a host is.
pub(crate) fn place(host: &str, url: &str) -> Place {
    let host = host.to_ascii_lowercase().replace("[.]", ".");
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        let reserved = address.is_private()
            || address.is_loopback()
            || address.is_link_local()
            || address.is_unspecified()
            || address.is_broadcast();
        return if reserved { Place::Local } else { Place::Raw };
    }
    let near_by = NEAR_BY.iter().any(|name| host.ends_with(name));
    if near_by || !host.contains('.') || is_placeholder(&host) {
        Place::Local
    } else if THROWAWAY
        .iter()
        .any(|name| below(&host, name) || name.contains('/') && url.contains(name))
    {
        Place::Throwaway
    } else if SHORTENER.iter().any(|name| below(&host, name)) {
        Place::Shortener
    } else if KNOWN.iter().any(|name| below(&host, name)) {
        Place::Known
    } else {
        Place::Named
    }
}

pub(crate) fn below(host: &str, name: &str) -> bool {
    host == name
        || host
            .strip_suffix(name)
            .is_some_and(|rest| rest.ends_with('.'))
}

/// The last two labels, or three where the second last is a short public suffix.
pub(crate) fn domain(host: &str) -> &str {
    let mut ends = host.rmatch_indices('.').map(|(at, _)| at);
    let (Some(last), second) = (ends.next(), ends.next()) else {
        return host;
    };
    let Some(second) = second else { return host };
    let short = last - second <= 4;
    let cut = if short { ends.next() } else { Some(second) };
    cut.and_then(|at| host.get(at + 1..)).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_apart() {
        for (host, expected) in [
            ("91.92.242.30", Place::Raw),
            ("192.168.1.1", Place::Local),
            ("localhost", Place::Local),
            ("a.rentry.co", Place::Throwaway),
            ("bit.ly", Place::Shortener),
            ("notbit.ly", Place::Named),
            ("docs.astral.sh", Place::Known),
        ] {
            assert_eq!(place(host, ""), expected, "{host}");
        }
    }

    #[test]
    fn an_example_of_the_reader_s_own_host_is_a_placeholder() {
        assert!(is_placeholder("api.example.com") && is_placeholder("your-shop.example.org"));
        assert!(!is_placeholder("core-dist.example.net") && !is_placeholder("example.io"));
    }

    #[test]
    fn a_domain_is_what_somebody_registered() {
        assert_eq!(domain("docs.github.com"), "github.com");
        assert_eq!(domain("a.b.example.co.uk"), "example.co.uk");
        assert_eq!(domain("x"), "x");
    }
}

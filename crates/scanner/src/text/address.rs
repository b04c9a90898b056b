//! Addresses in a text, with a scheme and without.

use std::net::Ipv4Addr;
use std::ops::Range;

use super::host::{Place, place};

/// A URL in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address<'a> {
    pub(crate) range: Range<usize>,
    pub(crate) url: &'a str,
    pub(crate) host: &'a str,
}

/// Schemes under which data and programs travel; the longer of two that end alike stands first.
const SCHEMES: &[&str] = &[
    "https", "http", "hxxps", "hxxp", "sftp", "ftps", "ftp", "wss", "ws", "ssh", "git", "tcp",
    "udp", "davs", "dav", "smb", "ldap", "redis", "amqp", "mqtt", "rsync", "irc",
];

/// Ends of host names that no file name has.
const HOST_ENDS: &[&str] = &["com", "org", "example", "invalid"];
/// The same, where a name of two parts may be a file's or a library's.
const LONG_HOST_ENDS: &[&str] = &[
    "net", "test", "info", "biz", "cloud", "online", "site", "xyz", "top", "io", "dev", "ai",
    "app", "co", "me", "gg", "tech", "page", "eu", "de", "fr", "uk", "us", "ru", "cn", "ch", "nl",
    "pl", "br", "jp", "kr",
];
/// The host of an address that is written without its scheme: `mx.relay.example`, `pay.shop.io/card`.
pub(crate) fn bare_host(word: &str) -> Option<&str> {
    let host = word.split(['/', ':', '?']).next()?;
    let host = host.rsplit('@').next()?;
    if host.len() < word.len() && host.parse::<Ipv4Addr>().is_ok() {
        return Some(host);
    }
    let mut labels = host.rsplit('.');
    let end = labels.next()?;
    let depth = labels.clone().count();
    let plain = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let known = HOST_ENDS.contains(&end) && depth >= 1
        || LONG_HOST_ENDS.contains(&end) && (depth >= 2 || word.len() > host.len());
    (known && labels.all(plain)).then_some(host)
}

/// Every address in the text, in order.
pub(crate) fn addresses(text: &str) -> impl Iterator<Item = Address<'_>> {
    memchr::memmem::find_iter(text.as_bytes(), b"://").filter_map(move |colon| {
        let scheme = text.get(..colon)?;
        let start = SCHEMES
            .iter()
            .find(|name| scheme.ends_with(*name))
            .map(|name| colon - name.len())?;
        let rest = text.get(colon + 3..)?;
        let length = rest
            .find(|c: char| {
                c.is_whitespace()
                    || matches!(
                        c,
                        '"' | '\'' | '<' | '>' | ')' | ']' | '`' | '|' | '\\' | '}' | ','
                    )
            })
            .unwrap_or(rest.len());
        let url = text
            .get(start..colon + 3 + length)?
            .trim_end_matches(['.', ';', ':', '!', '?']);
        let after = url.get(colon + 3 - start..)?;
        let host = after.split(['/', '?', '#']).next()?;
        let host = host.rsplit('@').next()?.split(':').next()?;
        (!host.is_empty()).then_some(Address {
            range: start..start + url.len(),
            url,
            host,
        })
    })
}

impl Address<'_> {
    /// What kind of place the address is.
    pub(crate) fn place(&self) -> Place {
        place(self.host, self.url)
    }

    /// Whether it ends like something to unpack or to run.
    pub(crate) fn is_download(&self) -> bool {
        let path = self
            .url
            .split(['?', '#'])
            .next()
            .unwrap_or("")
            .to_ascii_lowercase();
        [
            ".zip",
            ".rar",
            ".7z",
            ".exe",
            ".msi",
            ".dmg",
            ".pkg",
            ".scr",
            ".bat",
            ".ps1",
            ".jar",
            ".apk",
            ".deb",
            ".rpm",
            ".appimage",
            ".iso",
            ".vbs",
            ".lnk",
            ".hta",
            ".cmd",
        ]
        .iter()
        .any(|end| path.ends_with(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_out_of_addresses() {
        let text =
            "see (https://user@Example.com:8443/a?b), http://8.8.8.8/x. hxxps://evil[.]example";
        let hosts: Vec<_> = addresses(text).map(|address| address.host).collect();
        assert_eq!(hosts[..2], ["Example.com", "8.8.8.8"]);
    }

    #[test]
    fn hosts_without_a_scheme_are_told_from_names_of_files() {
        for host in ["mx1.relay.example", "a.b.io", "shop.com"] {
            assert_eq!(bare_host(host), Some(host), "{host}");
        }
        assert_eq!(bare_host("pay.io/card"), Some("pay.io"));
        assert_eq!(bare_host("203.0.113.61:9000"), Some("203.0.113.61"));
        for word in [
            "socket.io",
            "main.rs",
            "a/b.com.txt",
            "logger.info",
            "1.2.3",
        ] {
            assert_eq!(bare_host(word), None, "{word}");
        }
    }
}

//! Whom a document is about, and which addresses are somebody else's.

use std::collections::BTreeMap;

use super::address::{Address, addresses, bare_host};
use super::host::{Place, below, domain, is_placeholder};
use super::places::STANDARDS;

/// Whom a document is about: its title and description, and the domains it speaks of again and again.
#[derive(Debug)]
pub(crate) struct Owner {
    head: String,
    domains: BTreeMap<String, usize>,
}

/// Addresses on one domain from which on a document is about that domain.
const AT_HOME: usize = 4;
/// Bytes of a document that hold its title and description.
const HEAD: usize = 2_048;
/// Bytes of a document without them in which names are looked for.
const BODY: usize = 16_384;

fn beginning(text: &str, bytes: usize) -> &str {
    let cut = (0..=bytes.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    text.get(..cut.unwrap_or(0)).unwrap_or("")
}

impl Owner {
    /// Whom a page is about by its title and description.
    pub(crate) fn of(text: &str) -> Self {
        let head = beginning(text, HEAD);
        let title = head.lines().take_while(|line| !line.starts_with("## "));
        let mut domains = BTreeMap::new();
        for address in addresses(text) {
            *domains
                .entry(domain(address.host).to_ascii_lowercase())
                .or_insert(0) += 1;
        }
        Self {
            head: names_in(title),
            domains,
        }
    }

    /// Whom the same page is about by all it says, where it has no description.
    pub(crate) fn by_all(&self, text: &str) -> Self {
        Self {
            head: names_in(beginning(text, BODY).lines()),
            domains: self.domains.clone(),
        }
    }

    /// Whether title or description carry the host's name.
    pub(crate) fn is_own(&self, host: &str) -> bool {
        let label = plain(domain(host).split('.').next().unwrap_or(""));
        label.len() >= 3 && self.head.contains(&label)
    }

    /// Whether the address is nobody's that the document is about, and no known publisher's.
    pub(crate) fn is_foreign(&self, address: &Address<'_>) -> bool {
        match address.place() {
            Place::Raw | Place::Throwaway | Place::Shortener => true,
            Place::Known | Place::Local => false,
            Place::Named => self.is_foreign_host(address.host),
        }
    }

    pub(crate) fn is_foreign_host(&self, host: &str) -> bool {
        if stands_for_another(host) || is_placeholder(host) {
            return false;
        }
        if STANDARDS.iter().any(|name| below(host, name)) {
            return false;
        }
        let often = self.domains.get(&domain(host).to_ascii_lowercase());
        !self.is_own(host) && often.is_none_or(|count| *count < AT_HOME)
    }
}

/// Whether a host is evidently a placeholder: `your-domain.com`, `company.com`, `your-team.slack.com`.
fn stands_for_another(host: &str) -> bool {
    const STANDINS: [&str; 4] = ["example", "domain", "company", "email"];
    let label = |name: &'_ str| name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let owned = label(domain(host));
    // Below `example.net` stand names of all kinds, of which another list says which are the reader's.
    let told_apart = owned == "example" && domain(host) != host;
    !told_apart && STANDINS.contains(&owned.as_str())
        || is_readers_own(&label(host))
        || is_readers_own(&owned)
}

/// `yourdomain`, `your-api-server`: nothing but words for what readers have, since anybody can register another name.
fn is_readers_own(label: &str) -> bool {
    const THINGS: [&str; 36] = [
        "account",
        "api",
        "app",
        "application",
        "bucket",
        "cluster",
        "collector",
        "company",
        "database",
        "db",
        "domain",
        "endpoint",
        "name",
        "gateway",
        "host",
        "hostname",
        "instance",
        "here",
        "org",
        "organization",
        "platform",
        "project",
        "prod",
        "production",
        "proxy",
        "region",
        "server",
        "service",
        "shop",
        "site",
        "store",
        "subdomain",
        "team",
        "tenant",
        "webhook",
        "website",
    ];
    let Some(rest) = label.strip_prefix("your") else {
        return false;
    };
    let words = rest.split(['-', '_']).filter(|word| !word.is_empty());
    !rest.is_empty() && words.clone().all(|word| THINGS.contains(&word))
}

/// The words of the lines that hold no address.
fn names_in<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let lines: Vec<&str> = lines
        .filter(|line| !line.split_whitespace().any(names_a_host))
        .collect();
    plain(&lines.join("\n"))
}

/// Whether a word is an address, with or without its scheme, whatever stands around it.
fn names_a_host(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    word.contains("://") || word.contains('@') || bare_host(word).is_some()
}

fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '-' | '_' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_only_begins_like_a_placeholder_is_somebodys() {
        for host in [
            "your-domain.com",
            "api.yourcompany.io",
            "your-team.slack.com",
            "company.com",
        ] {
            assert!(stands_for_another(host), "{host}");
        }
        for host in [
            "your-package-mirror.io",
            "yourls.org",
            "email.collector.io",
            "yours.net",
        ] {
            assert!(!stands_for_another(host), "{host}");
        }
    }
}

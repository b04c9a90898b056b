//! Repositories of strangers, and fetches that are led to them.

use crate::authority::without_port;
use crate::pattern::hosts;
use crate::pattern::value::UNKNOWN;

/// The hosts that a script fetches a whole repository from, or sends one to, when it is no public forge.
pub(in crate::pattern::shell) fn foreign_repository(url: &str) -> Option<String> {
    let host = match url.split_once("://") {
        Some(_) => hosts::host_of(url)?,
        None => {
            let (user, rest) = url.split_once('@')?;
            let host = rest.split([':', '/']).next()?;
            (!user.contains('/') && host.contains('.')).then(|| host.to_owned())?
        }
    };
    let plain = without_port(&host);
    let known = [
        "github.com",
        "gitlab.com",
        "bitbucket.org",
        "codeberg.org",
        "sr.ht",
        "huggingface.co",
        "dev.azure.com",
        "googlesource.com",
        "gnu.org",
        "kernel.org",
        "apache.org",
        "githubusercontent.com",
        "github.io",
        "storage.googleapis.com",
        "localhost",
    ];
    let is_known = known.iter().any(|known| {
        plain
            .strip_suffix(known)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    });
    (!is_known && !host.contains(UNKNOWN)).then_some(host)
}

/// `url.<other>.insteadOf`: what is fetched from one host comes from another.
pub(super) fn redirects(words: &[&str]) -> bool {
    let keys = words.iter().filter_map(|word| word.strip_prefix("url."));
    let mut others = keys.filter_map(|key| {
        let end = key.to_ascii_lowercase().rfind(".insteadof")?;
        key.get(..end)
    });
    others.any(|url| foreign_repository(url).is_some())
}

//! Who an address asks: the host and port in it.

/// The host and port at the start of `user@host:port/path?query`.
pub(crate) fn authority(address: &str) -> &str {
    let authority = address.split(['/', '?', '#']).next().unwrap_or(address);
    authority.rsplit('@').next().unwrap_or(authority)
}

/// The host without the port after it.
pub(crate) fn without_port(host: &str) -> &str {
    host.split(':').next().unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_follows_its_user_and_precedes_its_path() {
        for (address, host) in [
            ("ex.org:8443/a?b", "ex.org"),
            ("github:x@ex.org/a@b", "ex.org"),
            ("ex.org?u@github.com", "ex.org"),
            ("ex.org", "ex.org"),
            ("", ""),
        ] {
            assert_eq!(without_port(authority(address)), host, "{address}");
        }
    }
}

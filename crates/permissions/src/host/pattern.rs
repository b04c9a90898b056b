//! Patterns over hosts, and the two readings of them: covered for sure, or perhaps.

use std::net::IpAddr;

use super::{Host, Target, parse_port, parse_target, split_port};
use crate::resource::ResourceError;

/// A pattern over hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostPattern {
    target: TargetPattern,
    /// `None` is every port, also an unknown one.
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TargetPattern {
    Any,
    /// In lower-case ASCII.
    Name(Box<str>),
    /// Every name below this one, at any depth, but not the name itself.
    Below(Box<str>),
    /// An address is a network of full length.
    Network(IpAddr, u8),
}

impl HostPattern {
    pub(crate) fn parse(text: &str) -> Result<Self, ResourceError> {
        if text.contains("://") {
            return Err(ResourceError::Host);
        }
        if let Some((address, length)) = text.split_once('/') {
            return parse_network(address, length);
        }
        let (host, port) = match text.strip_suffix(":*") {
            Some(host) => (host, None),
            None => split_port(text).ok_or(ResourceError::Host)?,
        };
        let port = match port {
            Some(port) => Some(parse_port(port).ok_or(ResourceError::Port)?),
            None => None,
        };
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        let target = match parse_target(host).ok_or(ResourceError::Host)? {
            Target::Any => TargetPattern::Any,
            Target::Name(name) => TargetPattern::Name(name.to_ascii_lowercase().into()),
            Target::Below(name) => TargetPattern::Below(name.to_ascii_lowercase().into()),
            Target::Address(address) => TargetPattern::Network(address, full_length(address)),
        };
        Ok(Self { target, port })
    }

    pub(crate) fn target(&self) -> &TargetPattern {
        &self.target
    }

    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    pub(crate) fn includes(&self, host: &Host<'_>) -> bool {
        (self.port.is_none() || self.port == host.port) && self.includes_name(host)
    }

    /// Like [`Self::includes`], whatever the port: who may connect may ask for the address.
    pub(crate) fn includes_name(&self, host: &Host<'_>) -> bool {
        match (&self.target, &host.target) {
            (TargetPattern::Any, _) => true,
            (_, Target::Any) => false,
            (TargetPattern::Name(own), Target::Name(name)) => own.eq_ignore_ascii_case(name),
            (TargetPattern::Below(own), Target::Name(name)) => is_below(name, own),
            (TargetPattern::Below(own), Target::Below(name)) => {
                own.eq_ignore_ascii_case(name) || is_below(name, own)
            }
            (TargetPattern::Network(own, length), Target::Address(address)) => {
                in_network(*address, *own, *length)
            }
            (TargetPattern::Name(_), Target::Below(_) | Target::Address(_))
            | (TargetPattern::Below(_), Target::Address(_))
            | (TargetPattern::Network(..), Target::Name(_) | Target::Below(_)) => false,
        }
    }

    /// Whether some host meant is covered; this machine has several
    /// addresses and the name `localhost`, and an unknown port is any.
    pub(crate) fn may_meet(&self, host: &Host<'_>) -> bool {
        if let (Some(own), Some(port)) = (self.port, host.port)
            && own != port
        {
            return false;
        }
        if self.includes_name(host) {
            return true;
        }
        match (&self.target, &host.target) {
            (_, Target::Any) => true,
            (TargetPattern::Name(own) | TargetPattern::Below(own), Target::Below(name)) => {
                is_below(own, name)
            }
            (TargetPattern::Network(own, _), Target::Name(name)) => {
                own.is_loopback() && is_localhost(name)
            }
            (TargetPattern::Network(own, _), Target::Address(address)) => {
                own.is_loopback() && is_this_machine(*address)
            }
            (TargetPattern::Name(own), Target::Address(address)) => {
                is_localhost(own) && is_this_machine(*address)
            }
            (TargetPattern::Network(..), Target::Below(_))
            | (TargetPattern::Any, _)
            | (TargetPattern::Name(_), Target::Name(_))
            | (TargetPattern::Below(_), Target::Name(_) | Target::Address(_)) => false,
        }
    }

    pub(crate) fn includes_pattern(&self, other: &Self) -> bool {
        if self.port.is_some() && self.port != other.port {
            return false;
        }
        match (&self.target, &other.target) {
            (TargetPattern::Any, _) => true,
            (TargetPattern::Name(own), TargetPattern::Name(name)) => own == name,
            (TargetPattern::Below(own), TargetPattern::Name(name)) => is_below(name, own),
            (TargetPattern::Below(own), TargetPattern::Below(name)) => {
                own == name || is_below(name, own)
            }
            (TargetPattern::Network(own, length), TargetPattern::Network(address, narrow)) => {
                length <= narrow && in_network(*address, *own, *length)
            }
            (
                TargetPattern::Name(_),
                TargetPattern::Any | TargetPattern::Below(_) | TargetPattern::Network(..),
            )
            | (TargetPattern::Below(_), TargetPattern::Any | TargetPattern::Network(..))
            | (
                TargetPattern::Network(..),
                TargetPattern::Any | TargetPattern::Name(_) | TargetPattern::Below(_),
            ) => false,
        }
    }
}

fn parse_network(address: &str, length: &str) -> Result<HostPattern, ResourceError> {
    let (length, port) = match length.split_once(':') {
        Some((length, port)) => (length, Some(parse_port(port).ok_or(ResourceError::Port)?)),
        None => (length, None),
    };
    let address = address.trim_start_matches('[').trim_end_matches(']');
    let address: IpAddr = address.parse().map_err(|_| ResourceError::Network)?;
    let length = parse_port(length)
        .and_then(|length| u8::try_from(length).ok())
        .filter(|length| *length <= full_length(address))
        .ok_or(ResourceError::Network)?;
    if mask(address, length) != mask(address, full_length(address)) {
        return Err(ResourceError::Network);
    }
    Ok(HostPattern {
        target: TargetPattern::Network(address, length),
        port,
    })
}

fn full_length(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn in_network(address: IpAddr, network: IpAddr, length: u8) -> bool {
    address.is_ipv4() == network.is_ipv4() && mask(address, length) == mask(network, length)
}

/// The first `length` bits, the others zero.
fn mask(address: IpAddr, length: u8) -> u128 {
    let (bits, width) = match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let dropped = width - u32::from(length);
    bits.checked_shr(dropped)
        .and_then(|kept| kept.checked_shl(dropped))
        .unwrap_or(0)
}

fn is_below(name: &str, base: &str) -> bool {
    let Some(split) = name.len().checked_sub(base.len() + 1) else {
        return false;
    };
    let (Some(front), Some(end)) = (name.get(..=split), name.get(split + 1..)) else {
        return false;
    };
    split > 0 && front.ends_with('.') && end.eq_ignore_ascii_case(base)
}

/// Connecting to the unspecified address reaches this machine too.
fn is_this_machine(address: IpAddr) -> bool {
    address.is_loopback() || address.is_unspecified()
}

pub(crate) fn is_localhost(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost") || is_below(name, "localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(pattern: &str, host: &str) -> bool {
        let pattern = HostPattern::parse(pattern).unwrap();
        Host::parse(host).is_some_and(|host| pattern.includes(&host))
    }

    fn meets(pattern: &str, host: &str) -> bool {
        let pattern = HostPattern::parse(pattern).unwrap();
        Host::parse(host).is_none_or(|host| pattern.may_meet(&host))
    }

    #[test]
    fn names_compare_by_whole_labels_in_any_case() {
        for (pattern, host, expected) in [
            ("example.com", "EXAMPLE.com", true),
            ("example.com", "example.com.", true),
            ("example.com", "example.com..", false),
            ("example.com", "www.example.com", false),
            ("example.com", "example.com.evil.org", false),
            ("*.example.com", "www.example.com", true),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", ".example.com", false),
            ("*.example.com", "evilexample.com", false),
            ("*.example.com", "*.api.example.com", true),
            ("*.example.com", "*.com", false),
            ("*", "anything.org", true),
            ("example.com", "exаmple.com", false),
            ("bücher.example", "xn--bcher-kva.example", true),
            ("xn--bcher-kva.example", "BÜCHER.example", true),
            ("example.com", "ｅｘａｍｐｌｅ。com", true),
            ("example.com", "example.com\n", false),
            ("example.com", "exa%6dple.com", false),
            ("*", "", false),
            ("*", "a b", false),
            ("*", "://example.com", false),
            ("*", "ht tp://example.com", false),
            ("*", "x-y+z.1://example.com", true),
        ] {
            assert_eq!(covers(pattern, host), expected, "{pattern} {host:?}");
        }
    }

    #[test]
    fn ports_are_compared_where_the_grant_names_one() {
        for (pattern, host, expected) in [
            ("example.com:443", "example.com:443", true),
            ("example.com:443", "example.com:80", false),
            ("example.com:443", "example.com", false),
            ("example.com:443", "https://example.com/x?y", true),
            ("example.com:443", "http://example.com/", false),
            ("example.com", "example.com:8080", true),
            ("example.com:*", "example.com:8080", true),
            ("*:443", "b.org:443", true),
            ("example.com:80", "example.com:+80", false),
            ("example.com", "https://example.com@evil.org/", false),
            ("example.com", "https://evil.org\\@example.com/", false),
            ("example.com", "https://example.com#@evil.org", true),
            ("evil.org", "https://user@evil.org/", false),
        ] {
            assert_eq!(covers(pattern, host), expected, "{pattern} {host}");
        }
    }

    #[test]
    fn an_address_is_one_address_in_every_spelling() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "[::ffff:127.0.0.1]:80",
            "127.0.0.1.",
        ] {
            assert!(covers("127.0.0.0/8", host), "{host}");
        }
        for host in [
            "127.0.0.256",
            "1.2.3.4.5",
            "127.0.0.1.example",
            "08.1.1.1",
            "128.0.0.1",
        ] {
            assert!(!covers("127.0.0.0/8", host), "{host}");
        }
        assert!(covers("[::1]:443", "[0:0::1]:443"));
        assert!(covers("::1", "::1"));
        assert!(covers("::1", "[::1]"));
        assert!(!covers("::1", "[::1]x"));
        assert!(covers("fe80::/10", "[febf::1]:1"));
        assert!(!covers("fe80::/10", "[fec0::1]:1"));
        assert!(!covers("0.0.0.0/0", "[::1]:1"));
    }

    #[test]
    fn a_deny_meets_whatever_may_be_meant() {
        for (pattern, host, expected) in [
            ("127.0.0.0/8", "localhost", true),
            ("localhost", "127.0.0.1", true),
            ("127.0.0.0/8", "0.0.0.0:80", true),
            ("127.0.0.0/8", "0:80", true),
            ("127.0.0.1:80", "[::1]:80", true),
            ("localhost", "[::]", true),
            ("10.0.0.0/8", "0.0.0.0", false),
            ("evil.org", "127.0.0.1", false),
            ("localhost", "10.0.0.1", false),
            ("127.0.0.0/8", "10.0.0.1", false),
            ("127.0.0.0/8", "example.com", false),
            ("evil.org:80", "evil.org", true),
            ("evil.org:80", "evil.org:81", false),
            ("a.evil.org", "*.evil.org", true),
            ("evil.org", "*.evil.org", false),
            ("evil.org", "*", true),
            ("evil.org", "not a host", true),
            ("*.evil.org", "a.evil.org", true),
            ("*.evil.org", "evil.org", false),
            ("*.evil.org", "*.b.evil.org", true),
            ("*.b.evil.org", "*.evil.org", true),
            ("*.evil.org", "*.good.org", false),
            ("*.evil.org", "10.0.0.1", false),
            ("evil.org", "good.org", false),
            ("evil.org", "10.0.0.1", false),
            ("10.0.0.0/8", "*.evil.org", false),
            ("10.0.0.0/8", "10.1.1.1", true),
            ("10.0.0.0/8", "11.1.1.1", false),
            ("127.0.0.0/8", "a.localhost", true),
            ("127.0.0.0/8", "localhosted", false),
            ("*", "anything.org", true),
        ] {
            assert_eq!(meets(pattern, host), expected, "{pattern} {host}");
        }
    }

    #[test]
    fn a_pattern_lies_within_another_by_host_and_by_port() {
        for (wide, narrow, expected) in [
            ("a.com", "a.com", true),
            ("a.com", "b.com", false),
            ("a.com", "*.a.com", false),
            ("a.com", "*", false),
            ("a.com", "10.0.0.0/8", false),
            ("*.a.com", "b.a.com", true),
            ("*.a.com", "a.com", false),
            ("*.a.com", "*.a.com", true),
            ("*.a.com", "*.b.a.com", true),
            ("*.b.a.com", "*.a.com", false),
            ("*.a.com", "*", false),
            ("*", "*", true),
            ("*", "10.0.0.0/8", true),
            ("10.0.0.0/8", "*", false),
            ("10.0.0.0/8", "a.com", false),
            ("10.0.0.0/8", "10.0.0.0/8", true),
            ("10.0.0.0/8", "10.0.0.0/9", true),
            ("10.0.0.0/9", "10.0.0.0/8", false),
            ("10.0.0.0/8", "11.0.0.0/8", false),
            ("0.0.0.0/0", "10.0.0.0/8", true),
            ("0.0.0.0/0", "::/0", false),
            ("a.com:1", "a.com:1", true),
            ("a.com:1", "a.com:2", false),
            ("a.com:1", "a.com", false),
            ("a.com", "a.com:1", true),
        ] {
            let [own, other] = [wide, narrow].map(|text| HostPattern::parse(text).unwrap());
            assert_eq!(
                own.includes_pattern(&other),
                expected,
                "{narrow} within {wide}"
            );
        }
    }

    #[test]
    fn a_network_is_as_long_as_its_family_allows() {
        for (pattern, host, expected) in [
            ("0.0.0.0/0", "1.2.3.4", true),
            ("10.0.0.0/8:443", "10.9.9.9:443", true),
            ("10.0.0.0/8:443", "10.9.9.9:80", false),
            ("10.0.0.1/32", "10.0.0.1", true),
            ("10.0.0.1/32", "10.0.0.2", false),
            ("[fe80::]/10", "fe80::1", true),
            ("::1/128", "::2", false),
        ] {
            assert_eq!(covers(pattern, host), expected, "{pattern} {host}");
        }
        for text in [
            "::/129",
            "10.0.0.0/256",
            "10.0.0.0/+8",
            "10.0.0.0/",
            "10.0.0.0/8:x",
        ] {
            assert!(HostPattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_half_written_pattern_is_malformed() {
        for (text, error) in [
            ("https://example.com", ResourceError::Host),
            ("", ResourceError::Host),
            ("api-*.example.com", ResourceError::Host),
            ("*.*.example.com", ResourceError::Host),
            ("example.com:port", ResourceError::Port),
            ("example.com:99999", ResourceError::Port),
            ("10.0.0.0/33", ResourceError::Network),
            ("10.0.0.1/8", ResourceError::Network),
            ("example.com/8", ResourceError::Network),
        ] {
            assert_eq!(HostPattern::parse(text), Err(error), "{text}");
        }
    }
}

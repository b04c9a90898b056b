//! Hosts as resources: `name`, `*.name`, an address or a network, each with or without `:port`.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

use self::legacy::{is_number, legacy_ipv4};

mod legacy;
mod pattern;

pub(crate) use self::pattern::{HostPattern, TargetPattern, is_localhost};

/// The longest name that DNS carries, in bytes, without the trailing dot.
const MAX_HOST_BYTES: usize = 253;
/// The longest label of a name, in bytes.
const MAX_LABEL_BYTES: usize = 63;

/// Where a connection goes.
#[derive(Debug, Clone)]
pub(crate) struct Host<'a> {
    target: Target<'a>,
    port: Option<u16>,
}

#[derive(Debug, Clone)]
enum Target<'a> {
    /// In any letter case, without a trailing dot.
    Name(Cow<'a, str>),
    /// Every name below this one: the text said `*.name`.
    Below(Cow<'a, str>),
    /// Any host at all: the text said `*`.
    Any,
    Address(IpAddr),
}

impl<'a> Host<'a> {
    /// The host as a pattern for itself.
    pub(crate) fn canonical(&self) -> String {
        let host = match self.address() {
            Some(IpAddr::V6(address)) => format!("[{address}]"),
            Some(IpAddr::V4(_)) | None => self.host_text(),
        };
        match self.port {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }

    /// The host alone, in lower case.
    pub(crate) fn host_text(&self) -> String {
        match &self.target {
            Target::Name(name) => name.to_ascii_lowercase(),
            Target::Below(name) => format!("*.{}", name.to_ascii_lowercase()),
            Target::Any => "*".to_owned(),
            Target::Address(address) => address.to_string(),
        }
    }

    pub(crate) fn address(&self) -> Option<IpAddr> {
        match self.target {
            Target::Address(address) => Some(address),
            Target::Name(_) | Target::Below(_) | Target::Any => None,
        }
    }

    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    /// `None` where the text does not say which host is meant. Allocates for names outside ASCII.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (authority, default_port) = match text.split_once("://") {
            Some((scheme, rest)) => {
                let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
                (rest.get(..end)?, scheme_port(scheme)?)
            }
            None => (text, None),
        };
        let (host, port) = split_port(authority)?;
        let port = match port {
            Some(port) => Some(parse_port(port)?),
            None => default_port,
        };
        let target = parse_target(host)?;
        Some(Self { target, port })
    }
}

/// `None` inside for a scheme without a port of its own.
fn scheme_port(scheme: &str) -> Option<Option<u16>> {
    const PORTS: [(&str, u16); 6] = [
        ("https", 443),
        ("http", 80),
        ("wss", 443),
        ("ws", 80),
        ("ftp", 21),
        ("ssh", 22),
    ];
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    if scheme.is_empty() || !scheme.bytes().all(legal) {
        return None;
    }
    let known = PORTS
        .iter()
        .find(|(name, _)| scheme.eq_ignore_ascii_case(name));
    Some(known.map(|(_, port)| *port))
}

fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (address, after) = rest.split_once(']')?;
        address.parse::<Ipv6Addr>().ok()?;
        return match after.strip_prefix(':') {
            Some(port) => Some((address, Some(port))),
            None if after.is_empty() => Some((address, None)),
            None => None,
        };
    }
    match authority.split_once(':') {
        // More than one colon without brackets is an IPv6 address.
        Some((_, rest)) if rest.contains(':') => Some((authority, None)),
        Some((host, port)) => Some((host, Some(port))),
        None => Some((authority, None)),
    }
}

fn parse_port(text: &str) -> Option<u16> {
    // `u16::from_str` alone would take `+80`.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn parse_target(text: &str) -> Option<Target<'_>> {
    if text == "*" {
        return Some(Target::Any);
    }
    if let Some(rest) = text.strip_prefix("*.") {
        return match parse_target(rest)? {
            Target::Name(name) => Some(Target::Below(name)),
            Target::Below(_) | Target::Any | Target::Address(_) => None,
        };
    }
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        return Some(Target::Address(IpAddr::V6(address).to_canonical()));
    }
    let name = if text.is_ascii() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(idna::domain_to_ascii_strict(text).ok()?)
    };
    let name = match name {
        Cow::Borrowed(name) => Cow::Borrowed(name.strip_suffix('.').unwrap_or(name)),
        Cow::Owned(mut name) => {
            if name.ends_with('.') {
                name.pop();
            }
            Cow::Owned(name)
        }
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    if is_number(last) {
        return legacy_ipv4(&name).map(|address| Target::Address(IpAddr::V4(address)));
    }
    (name.len() <= MAX_HOST_BYTES && name.split('.').all(is_label)).then_some(Target::Name(name))
}

fn is_label(label: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !label.is_empty() && label.len() <= MAX_LABEL_BYTES && label.bytes().all(legal)
}

//! Resources: what a scope's parentheses mean in each namespace.

use crate::glob;
use crate::host::{Host, HostPattern};
use crate::path::{Path, PathPattern};
use crate::program::{Program, ProgramPattern};

/// The longest resource that is read, in bytes; the longest path of Linux.
const MAX_RESOURCE_BYTES: usize = 4096;

/// Why a text is no resource pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ResourceError {
    /// The parentheses are empty, or the closing one is not the last character.
    #[error("the resource must stand in parentheses at the end and not be empty")]
    Parentheses,
    /// The namespace holds a wildcard, so nobody knows how to read the resource.
    #[error("a resource needs a namespace without `*`")]
    WildNamespace,
    /// It is longer than any path may be.
    #[error("the resource is longer than {MAX_RESOURCE_BYTES} bytes")]
    TooLong,
    /// It holds control characters.
    #[error("the resource holds a control character")]
    Control,
    /// A path with `..`.
    #[error("a path pattern may not hold `..`; write the path it leads to")]
    DotDot,
    /// A path with `//` or a slash at its end.
    #[error(
        "a path pattern may not end with `/` or hold `//`; a whole tree is written `folder/**`"
    )]
    EmptyComponent,
    /// A path with `**` inside a component.
    #[error("`**` may only be a whole component of a path")]
    PartialDoubleStar,
    /// A path that begins or is spelled so that programs may disagree on it.
    #[error("a path begins with `/`, `./` or `~/` and holds no `\\`, `%XX`, drive or URL")]
    AmbiguousPath,
    /// Not a host.
    #[error("expected `host`, `*.host` or an address, each with or without `:port`")]
    Host,
    /// Not a port.
    #[error("a port is a number from 0 to 65535, or `*`")]
    Port,
    /// Not a network.
    #[error("a network is written `address/length` with no bits set after the length")]
    Network,
    /// More than the name or path of one program.
    #[error("expected the name or path of one program, not a command line")]
    CommandLine,
    /// Not the name of an environment variable.
    #[error("the name of an environment variable holds no `=`")]
    Variable,
}

/// How the resources of a namespace are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResourceKind {
    Path,
    Host,
    Program,
    Variable,
    /// Any other namespace: text in which `*` is any run of characters.
    Text,
}

impl ResourceKind {
    pub(crate) fn of(namespace: &[u8]) -> Self {
        match namespace {
            b"filesystem" => Self::Path,
            b"network" => Self::Host,
            b"process" => Self::Program,
            b"env" => Self::Variable,
            _ => Self::Text,
        }
    }
}

/// A resource that is asked for.
#[derive(Debug, Clone)]
pub(crate) enum Resource<'a> {
    /// None was given, or the text does not say which one is meant: it stands for every resource.
    Unknown,
    Path(Path<'a>),
    Host(Host<'a>),
    Program(Program<'a>),
    Text(&'a str),
}

impl<'a> Resource<'a> {
    pub(crate) fn parse(kind: ResourceKind, text: Option<&'a str>) -> Self {
        let Some(text) = text.filter(|text| !text.is_empty() && text.len() <= MAX_RESOURCE_BYTES)
        else {
            return Self::Unknown;
        };
        let parsed = match kind {
            ResourceKind::Path => Path::resolve(text).map(Self::Path),
            ResourceKind::Host => Host::parse(text).map(Self::Host),
            ResourceKind::Program => Program::parse(text).map(Self::Program),
            ResourceKind::Variable => {
                let legal = !text.contains('=') && !text.contains(char::is_control);
                legal.then_some(Self::Text(text))
            }
            ResourceKind::Text => {
                let legal = !text.contains(char::is_control);
                legal.then_some(Self::Text(text))
            }
        };
        parsed.unwrap_or(Self::Unknown)
    }

    /// The resource as a pattern for itself; `None` where it is unknown.
    pub(crate) fn canonical(&self) -> Option<String> {
        match self {
            Self::Unknown => None,
            Self::Path(path) => Some(path.canonical()),
            Self::Host(host) => Some(host.canonical()),
            Self::Program(program) => Some(program.canonical()),
            Self::Text(text) => Some((*text).to_owned()),
        }
    }
}

/// The resources a scope is limited to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ResourcePattern {
    Path(PathPattern),
    Host(HostPattern),
    Program(ProgramPattern),
    Text(Box<str>),
}

impl ResourcePattern {
    pub(crate) fn parse(kind: ResourceKind, text: &str) -> Result<Self, ResourceError> {
        if text.is_empty() {
            return Err(ResourceError::Parentheses);
        }
        if text.len() > MAX_RESOURCE_BYTES {
            return Err(ResourceError::TooLong);
        }
        if text.contains(char::is_control) {
            return Err(ResourceError::Control);
        }
        match kind {
            ResourceKind::Path => PathPattern::parse(text).map(Self::Path),
            ResourceKind::Host => HostPattern::parse(text).map(Self::Host),
            ResourceKind::Program => ProgramPattern::parse(text).map(Self::Program),
            ResourceKind::Variable if text.contains('=') => Err(ResourceError::Variable),
            ResourceKind::Variable | ResourceKind::Text => Ok(Self::Text(text.into())),
        }
    }

    /// Whether everything that `resource` may mean is covered.
    pub(crate) fn includes(&self, resource: &Resource<'_>) -> bool {
        match (self, resource) {
            (Self::Path(own), Resource::Path(path)) => own.includes(path),
            (Self::Host(own), Resource::Host(host)) => own.includes(host),
            (Self::Program(own), Resource::Program(program)) => own.includes(program),
            (Self::Text(own), Resource::Text(text)) => {
                glob::includes(own.as_bytes(), text.as_bytes())
            }
            (Self::Path(_) | Self::Host(_) | Self::Program(_) | Self::Text(_), _) => false,
        }
    }

    /// Whether something that `resource` may mean is covered; errs towards yes.
    pub(crate) fn may_meet(&self, resource: &Resource<'_>) -> bool {
        match (self, resource) {
            (Self::Path(own), Resource::Path(path)) => own.may_meet(path),
            (Self::Host(own), Resource::Host(host)) => own.may_meet(host),
            (Self::Program(own), Resource::Program(program)) => own.may_meet(program),
            (Self::Text(own), Resource::Text(text)) => {
                glob::may_meet(own.as_bytes(), text.as_bytes())
            }
            (Self::Path(_) | Self::Host(_) | Self::Program(_) | Self::Text(_), _) => true,
        }
    }

    pub(crate) fn includes_pattern(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Path(own), Self::Path(other)) => own.includes_pattern(other),
            (Self::Host(own), Self::Host(other)) => own.includes_pattern(other),
            (Self::Program(own), Self::Program(other)) => own.includes_pattern(other),
            (Self::Text(own), Self::Text(other)) => {
                glob::includes(own.as_bytes(), other.as_bytes())
            }
            (Self::Path(_) | Self::Host(_) | Self::Program(_) | Self::Text(_), _) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_overlong_or_no_name_is_unknown() {
        let longest = "a".repeat(MAX_RESOURCE_BYTES);
        let longer = format!("{longest}a");
        for (kind, text, known) in [
            (ResourceKind::Text, "", false),
            (ResourceKind::Text, longest.as_str(), true),
            (ResourceKind::Text, longer.as_str(), false),
            (ResourceKind::Text, "a\n", false),
            (ResourceKind::Variable, "HOME", true),
            (ResourceKind::Variable, "A=B", false),
            (ResourceKind::Variable, "A\nB", false),
        ] {
            let resource = Resource::parse(kind, Some(text));
            assert_eq!(resource.canonical().is_some(), known, "{text:.9}");
        }
        let pattern = |text: &str| ResourcePattern::parse(ResourceKind::Text, text);
        assert!(pattern(&longest).is_ok());
        assert_eq!(pattern(&longer), Err(ResourceError::TooLong));
        assert_eq!(pattern(""), Err(ResourceError::Parentheses));
        assert_eq!(pattern("a\n"), Err(ResourceError::Control));
        let variable = |text: &str| ResourcePattern::parse(ResourceKind::Variable, text);
        assert_eq!(variable("A=B"), Err(ResourceError::Variable));
        assert!(variable("A*").is_ok());
    }
}

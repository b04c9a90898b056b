//! Requests and decisions: plain values that borrow, so that deciding allocates nothing.

use skillgate_model::Effect;

use crate::name::NameError;
use crate::policy::Rule;
use crate::resource::ResourceError;
use crate::scope::split;

/// What somebody wants to do: a tool's or an effect's name, and the resource where one is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// `filesystem.read_file`, `network:connect`; `.` and `:` are the same.
    pub name: &'a str,
    /// A path, a host, a program, a variable; `None` is unknown and stands for every resource.
    pub resource: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// Reads `name` or `name(resource)`; whether the name is legal is for the decision to say.
    pub fn parse(text: &'a str) -> Result<Self, ResourceError> {
        let (name, resource) = split(text)?;
        Ok(Self { name, resource })
    }

    /// A request for a tool whose resource is not known.
    pub const fn tool(name: &'a str) -> Self {
        Self {
            name,
            resource: None,
        }
    }

    /// A request for one resource.
    pub const fn on(name: &'a str, resource: &'a str) -> Self {
        Self {
            name,
            resource: Some(resource),
        }
    }
}

impl<'a> From<&'a Effect> for Request<'a> {
    fn from(effect: &'a Effect) -> Self {
        Self {
            name: effect.kind.as_str(),
            resource: effect.resource.as_deref(),
        }
    }
}

/// Whether a request is allowed, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Decision<'p> {
    /// Whether it is allowed.
    pub allow: bool,
    /// The rule that decided; where nothing granted it, the first rule for this name that came near.
    pub rule: Option<&'p Rule>,
    /// Why.
    pub reason: Cause,
}

/// Why a decision fell as it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// A rule allows it and none denies it.
    Granted,
    /// A rule denies it; a deny wins over every allow.
    Denied,
    /// A rule denies some of what the request may mean, for instance because its resource is unknown.
    MayBeDenied,
    /// The tool is in quarantine.
    Quarantined,
    /// No rule speaks of this name.
    NotGranted,
    /// Rules speak of this name, but not of this resource.
    OutsideGrant,
    /// Rules allow this name for some resources, and which one is asked for is not known.
    UnknownResource,
    /// The name is not legal, so no rule can speak of it.
    IllegalName(NameError),
}

impl Cause {
    /// The word used in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Denied => "denied",
            Self::MayBeDenied => "may-be-denied",
            Self::Quarantined => "quarantined",
            Self::NotGranted => "not-granted",
            Self::OutsideGrant => "outside-grant",
            Self::UnknownResource => "unknown-resource",
            Self::IllegalName(_) => "illegal-name",
        }
    }
}

//! Effects: what code can do or did, written `namespace:action(resource)`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The closed list of things code can do that any layer talks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EffectKind {
    /// Reads a file; the resource is a path.
    FilesystemRead,
    /// Creates or changes a file or its metadata; the resource is a path.
    FilesystemWrite,
    /// Removes a file or a tree; the resource is a path.
    FilesystemDelete,
    /// Opens an outgoing connection; the resource is `host:port` or `host`.
    NetworkConnect,
    /// Accepts connections; the resource is `address:port`.
    NetworkListen,
    /// Asks a name server; the resource is the name.
    NetworkResolve,
    /// Starts a program; the resource is the program's name.
    ProcessSpawn,
    /// Signals, traces or reads another process; the resource is the target.
    ProcessControl,
    /// Reads an environment variable; the resource is its name.
    EnvRead,
    /// Sets an environment variable; the resource is its name.
    EnvWrite,
    /// Executes data as code (`eval`, a decoded payload, a pickle); the resource says which data.
    CodeEval,
    /// Loads a module whose name is computed; the resource is the module.
    CodeImport,
    /// Loads machine code (`ctypes`, `cffi`, a shared object); the resource is the library.
    NativeLoad,
}

impl EffectKind {
    /// Every kind, in the order reports print them.
    pub const ALL: [Self; 13] = [
        Self::FilesystemRead,
        Self::FilesystemWrite,
        Self::FilesystemDelete,
        Self::NetworkConnect,
        Self::NetworkListen,
        Self::NetworkResolve,
        Self::ProcessSpawn,
        Self::ProcessControl,
        Self::EnvRead,
        Self::EnvWrite,
        Self::CodeEval,
        Self::CodeImport,
        Self::NativeLoad,
    ];

    /// The scope name, `namespace:action`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FilesystemRead => "filesystem:read",
            Self::FilesystemWrite => "filesystem:write",
            Self::FilesystemDelete => "filesystem:delete",
            Self::NetworkConnect => "network:connect",
            Self::NetworkListen => "network:listen",
            Self::NetworkResolve => "network:resolve",
            Self::ProcessSpawn => "process:spawn",
            Self::ProcessControl => "process:control",
            Self::EnvRead => "env:read",
            Self::EnvWrite => "env:write",
            Self::CodeEval => "code:eval",
            Self::CodeImport => "code:import",
            Self::NativeLoad => "native:load",
        }
    }
}

impl fmt::Display for EffectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An effect, with the resource where one is known.
///
/// `None` as resource means that it could not be resolved, so it stands for every resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Effect {
    /// What is done.
    pub kind: EffectKind,
    /// To what it is done: a path, a host, a program, a variable; see [`EffectKind`].
    pub resource: Option<String>,
}

impl Effect {
    /// An effect on any resource of its kind.
    pub const fn any(kind: EffectKind) -> Self {
        Self {
            kind,
            resource: None,
        }
    }

    /// An effect on one resource.
    pub fn on(kind: EffectKind, resource: impl Into<String>) -> Self {
        Self {
            kind,
            resource: Some(resource.into()),
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.resource {
            Some(resource) => write!(f, "{}({resource})", self.kind),
            None => write!(f, "{}", self.kind),
        }
    }
}

/// Why a text is no effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an effect: expected `namespace:action` or `namespace:action(resource)`")]
pub struct EffectParseError(pub String);

impl FromStr for EffectKind {
    type Err = EffectParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| EffectParseError(text.to_owned()))
    }
}

impl FromStr for Effect {
    type Err = EffectParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || EffectParseError(text.to_owned());
        let Some((kind, rest)) = text.split_once('(') else {
            return Ok(Self::any(text.parse()?));
        };
        let resource = rest
            .strip_suffix(')')
            .filter(|resource| !resource.is_empty());
        Ok(Self::on(
            kind.parse().map_err(|_| bad())?,
            resource.ok_or_else(bad)?,
        ))
    }
}

impl From<Effect> for String {
    fn from(effect: Effect) -> Self {
        effect.to_string()
    }
}

impl TryFrom<String> for Effect {
    type Error = EffectParseError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl Serialize for EffectKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EffectKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Effect {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Effect".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "`namespace:action` or `namespace:action(resource)`",
            "pattern": r"^[a-z]+:[a-z]+(\([\s\S]+\))?$"
        })
    }
}

impl schemars::JsonSchema for EffectKind {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EffectKind".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "enum": Self::ALL.map(Self::as_str) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_reads_back_as_it_was_written() {
        for kind in EffectKind::ALL {
            for effect in [Effect::any(kind), Effect::on(kind, "/a (b)/c")] {
                assert_eq!(effect.to_string().parse(), Ok(effect));
            }
        }
    }

    #[test]
    fn half_an_effect_is_refused() {
        for text in [
            "",
            "filesystem",
            "filesystem:read(",
            "filesystem:read()",
            "disk:read",
            "env:read(A",
        ] {
            assert!(text.parse::<Effect>().is_err(), "{text}");
        }
    }
}

//! Why a policy does not load, with the place and the next step.

use std::fmt;

use crate::name::NameError;
use crate::resource::ResourceError;
use crate::scope::ScopeError;

/// Where an entry of a policy stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// From 1, where the policy was read as a file.
    pub line: Option<usize>,
    /// Which `[[grant]]`, from 1; `None` for keys outside of them.
    pub grant: Option<usize>,
    /// The key.
    pub key: &'static str,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(grant) = self.grant {
            write!(f, "`[[grant]]` {grant}, ")?;
        }
        write!(f, "`{}`", self.key)
    }
}

/// Why a policy does not load; the message names the place and the next step.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It is not the TOML that is expected.
    #[error("the policy does not parse: {0}")]
    Toml(#[from] toml::de::Error),
    /// An entry of `allow` or `deny`; in a file a malformed allow is a mistake to mend, too.
    #[error("{place}: {source}")]
    Scope {
        /// Where.
        place: Place,
        /// What is wrong with it.
        source: ScopeError,
    },
    /// The name of the skills.
    #[error("{place}: `{}` names no skill; write a name, or `*` for all", text.escape_debug())]
    Skill {
        /// Where.
        place: Place,
        /// The entry.
        text: String,
    },
    /// The digest of the skill's content.
    #[error("{place}: `{}` is no digest; write the 64 hexadecimal digits that a report prints", text.escape_debug())]
    Digest {
        /// Where.
        place: Place,
        /// The entry.
        text: String,
    },
    /// A quarantined name.
    #[error("{place}: `{}` is not a tool's name: {source}", text.escape_debug())]
    Quarantined {
        /// Where.
        place: Place,
        /// The entry.
        text: String,
        /// What is wrong with it.
        source: NameError,
    },
    /// An example that is no request.
    #[error("{place}: `{}` is no example: {source}; write `name` or `name(resource)`", text.escape_debug())]
    MalformedExample {
        /// Where.
        place: Place,
        /// The entry.
        text: String,
        /// What is wrong with it.
        source: ResourceError,
    },
    /// An example that the rules decide otherwise.
    #[error("{place}: the rules disagree with this example: {explanation}")]
    Example {
        /// Where.
        place: Place,
        /// What the rules say.
        explanation: String,
    },
}

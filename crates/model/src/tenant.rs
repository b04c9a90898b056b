//! Tenants: whose data a row is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Names a tenant: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, beginning with a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TenantId(String);

impl TenantId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TenantId {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text names no tenant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not a tenant: expected 1 to 64 of `a-z`, `0-9`, `.`, `_`, `-`, beginning with a letter or digit",
    .0.escape_debug()
)]
pub struct TenantParseError(pub String);

impl FromStr for TenantId {
    type Err = TenantParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let good = text.len() <= 64
            && text.bytes().next().is_some_and(word)
            && text
                .bytes()
                .all(|byte| word(byte) || b"._-".contains(&byte));
        match good {
            true => Ok(Self(text.to_owned())),
            false => Err(TenantParseError(text.to_owned())),
        }
    }
}

impl From<TenantId> for String {
    fn from(tenant: TenantId) -> Self {
        tenant.0
    }
}

impl TryFrom<String> for TenantId {
    type Error = TenantParseError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_words_name_a_tenant() {
        for good in ["default", "0", "team-a.eu_1", &"x".repeat(64)] {
            assert!(good.parse::<TenantId>().is_ok(), "{good}");
        }
        for bad in ["", "Team", "-a", "a b", "a/b", "a'", "ä", &"x".repeat(65)] {
            assert!(bad.parse::<TenantId>().is_err(), "{bad}");
        }
    }
}

//! Examples in a policy file: requests whose decision its author has written down.

use super::error::{Place, PolicyError};
use super::tables::{Entry, GrantTable};
use crate::decision::Request;
use crate::policy::{Policy, RuleKind, UnknownResource};
use crate::scope::Scope;

/// One example, and what the rules of its table say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Where it stands.
    pub place: Place,
    /// The request as it was written, `name` or `name(resource)`.
    pub text: String,
    /// Whether it has to be allowed.
    pub expected: bool,
    /// Whether it is.
    pub allowed: bool,
    /// The decision in a sentence.
    pub explanation: String,
}

impl Example {
    /// Whether the rules decide as the example says.
    pub fn holds(&self) -> bool {
        self.allowed == self.expected
    }
}

/// The examples of one table, decided by its rules alone; fails where one is no request.
pub(super) fn of_table(
    table: &GrantTable<Entry<'_>>,
    rules: &[(RuleKind, Scope)],
    place: &impl Fn(&'static str, &Entry<'_>) -> Place,
) -> Result<Vec<Example>, PolicyError> {
    let policy = Policy::freeze(rules.to_vec(), UnknownResource::Refused);
    let mut examples = Vec::new();
    for (expected, key, entries) in [
        (true, "allow_examples", &table.allow_examples),
        (false, "deny_examples", &table.deny_examples),
    ] {
        for entry in entries {
            examples.push(decide(&policy, expected, entry.text, place(key, entry))?);
        }
    }
    Ok(examples)
}

fn decide(
    policy: &Policy,
    expected: bool,
    text: &str,
    place: Place,
) -> Result<Example, PolicyError> {
    let request = Request::parse(text).map_err(|source| PolicyError::MalformedExample {
        place: place.clone(),
        text: text.to_owned(),
        source,
    })?;
    let decision = policy.decide(&request);
    Ok(Example {
        place,
        text: text.to_owned(),
        expected,
        allowed: decision.allow,
        explanation: decision.explain(&request),
    })
}

//! Scopes: a name pattern, with or without a resource in parentheses.

use std::fmt;
use std::str::FromStr;

use skillgate_model::{Effect, EffectKind};

use crate::name::Name;
use crate::pattern::{Pattern, PatternError, Tail};
use crate::resource::{Resource, ResourceError, ResourceKind, ResourcePattern};

/// Why a text is no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a scope: {reason}", text.escape_debug())]
pub struct ScopeError {
    /// The text as it was given; hostile where a candidate wrote it.
    pub text: String,
    /// What is wrong with it.
    pub reason: ScopeFault,
}

/// What is wrong with a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ScopeFault {
    /// Its name pattern.
    #[error("{0}")]
    Pattern(#[from] PatternError),
    /// Its resource.
    #[error("{0}")]
    Resource(#[from] ResourceError),
    /// It is everything, which a skill may not ask for.
    #[error("a skill may not declare everything; name what it needs")]
    Everything,
    /// The manifest declares more scopes than are read.
    #[error(
        "a skill may declare at most {} scopes",
        crate::comparison::MAX_DECLARED
    )]
    TooMany,
}

/// One scope, `namespace:action` or `namespace:action(resource)`, with wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    text: Box<str>,
    name_bytes: usize,
    resource: Option<ResourcePattern>,
}

impl Scope {
    /// Whether it is the lone `*` or `**`.
    pub fn is_everything(&self) -> bool {
        self.pattern()
            .is_some_and(|pattern| pattern.tail() == Tail::Everything)
    }

    /// The scope as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether an effect lies within this scope; an unknown resource does only without parentheses.
    ///
    /// Who may connect to a host may also ask a name server for its address.
    pub fn covers(&self, effect: &Effect) -> bool {
        if self.decides(effect.kind, |pattern| match pattern {
            None => true,
            Some(pattern) => pattern.includes(&resource_of(effect)),
        }) {
            return true;
        }
        effect.kind == EffectKind::NetworkResolve
            && self.decides(EffectKind::NetworkConnect, |pattern| match pattern {
                Some(ResourcePattern::Host(own)) => match resource_of(effect) {
                    Resource::Host(host) => own.includes_name(&host),
                    Resource::Unknown
                    | Resource::Path(_)
                    | Resource::Program(_)
                    | Resource::Text(_) => false,
                },
                Some(_) => false,
                None => true,
            })
    }

    /// Whether some of what an effect may be lies within this scope: the reading for a deny.
    pub fn may_meet(&self, effect: &Effect) -> bool {
        self.decides(effect.kind, |pattern| match pattern {
            None => true,
            Some(pattern) => pattern.may_meet(&resource_of(effect)),
        })
    }

    /// Whether everything that `other` covers is covered by this scope.
    pub fn includes(&self, other: &Self) -> bool {
        let (Some(own), Some(others)) = (self.pattern(), other.pattern()) else {
            return false;
        };
        own.includes(others)
            && match (&self.resource, &other.resource) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(own), Some(other)) => own.includes_pattern(other),
            }
    }

    /// Whether some effect of the vocabulary lies within it; `git:status` is a tool, not an effect.
    pub fn names_an_effect(&self) -> bool {
        EffectKind::ALL
            .into_iter()
            .any(|kind| self.decides(kind, |_| true))
    }

    pub(crate) fn resource(&self) -> Option<&ResourcePattern> {
        self.resource.as_ref()
    }

    pub(crate) fn name_text(&self) -> &str {
        self.text.get(..self.name_bytes).unwrap_or_default()
    }

    /// Never `None`: the text was parsed when the scope was made.
    pub(crate) fn pattern(&self) -> Option<Pattern<'_>> {
        Pattern::parse(self.name_text()).ok()
    }

    fn decides(
        &self,
        kind: EffectKind,
        resource: impl FnOnce(Option<&ResourcePattern>) -> bool,
    ) -> bool {
        let (Some(pattern), Ok(name)) = (self.pattern(), Name::parse(kind.as_str())) else {
            return false;
        };
        pattern.matches(name) && resource(self.resource())
    }
}

pub(crate) fn resource_of(effect: &Effect) -> Resource<'_> {
    let namespace = effect.kind.as_str().split(':').next().unwrap_or_default();
    Resource::parse(
        ResourceKind::of(namespace.as_bytes()),
        effect.resource.as_deref(),
    )
}

/// Cuts a scope into the text of its name pattern and that of its resource.
#[inline]
pub(crate) fn split(text: &str) -> Result<(&str, Option<&str>), ResourceError> {
    match text.split_once('(') {
        None => Ok((text, None)),
        Some((name, rest)) => match rest.strip_suffix(')') {
            Some(resource) if !resource.is_empty() => Ok((name, Some(resource))),
            Some(_) | None => Err(ResourceError::Parentheses),
        },
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map_err(|reason| ScopeError {
            text: text.to_owned(),
            reason,
        })
    }
}

fn parse(text: &str) -> Result<Scope, ScopeFault> {
    let (name, resource) = split(text)?;
    let pattern = Pattern::parse(name)?;
    let resource = match resource {
        None => None,
        Some(resource) => {
            let namespace = pattern.segments().next();
            let namespace = namespace
                .filter(|segment| !segment.contains(&b'*'))
                .ok_or(ResourceError::WildNamespace)?;
            let kind = ResourceKind::of(namespace);
            Some(ResourcePattern::parse(kind, resource)?)
        }
    };
    Ok(Scope {
        text: text.into(),
        name_bytes: name.len(),
        resource,
    })
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(scope: &str, effect: &str) -> bool {
        let scope: Scope = scope.parse().unwrap();
        scope.covers(&effect.parse().unwrap())
    }

    fn includes(wide: &str, narrow: &str) -> bool {
        let wide: Scope = wide.parse().unwrap();
        wide.includes(&narrow.parse().unwrap())
    }

    #[test]
    fn empty_parentheses_hold_no_resource() {
        for text in ["filesystem:read()", "custom()", "filesystem:read("] {
            assert_eq!(split(text), Err(ResourceError::Parentheses), "{text}");
        }
    }

    #[test]
    fn an_effect_is_covered_by_its_name_and_its_resource() {
        for (scope, effect, expected) in [
            ("filesystem:read", "filesystem:read(/etc/passwd)", true),
            ("filesystem:*", "filesystem:write(x)", true),
            ("filesystem:read(./**)", "filesystem:read(a/b)", true),
            ("filesystem:read(./**)", "filesystem:read(../b)", false),
            ("filesystem:read(./**)", "filesystem:read", false),
            ("filesystem:*(./**)", "filesystem:delete(a)", true),
            ("filesystem:**", "filesystem:read", true),
            (
                "network:connect(*.example.com:443)",
                "network:connect(a.example.com:443)",
                true,
            ),
            (
                "network:connect(example.com:443)",
                "network:resolve(example.com)",
                true,
            ),
            (
                "network:connect(example.com:443)",
                "network:resolve(evil.org)",
                false,
            ),
            ("network:connect", "network:resolve", true),
            (
                "network:resolve(example.com)",
                "network:connect(example.com)",
                false,
            ),
            ("process:spawn(git)", "process:spawn(git)", true),
            ("process:spawn(git)", "process:spawn", false),
            ("env:read(AWS_*)", "env:read(AWS_REGION)", true),
            ("env:read(AWS_*)", "env:read(HOME)", false),
            ("env:read(HOME)", "env:read(home)", false),
            ("code:import(json.*)", "code:import(json.tool)", true),
            ("native:load(libc.so.6)", "native:load(libc.so.6)", true),
            ("git:status", "process:spawn(git)", false),
            ("*", "code:eval", true),
        ] {
            assert_eq!(covers(scope, effect), expected, "{scope} {effect}");
        }
    }

    #[test]
    fn inclusion_needs_the_name_and_the_resource() {
        for (wide, narrow, expected) in [
            ("filesystem:*", "filesystem:read(/x)", true),
            ("filesystem:read(/x)", "filesystem:read", false),
            (
                "filesystem:read(/data/**)",
                "filesystem:read(/data/*/x)",
                true,
            ),
            (
                "filesystem:read(/data/*)",
                "filesystem:read(/data/**)",
                false,
            ),
            ("filesystem:read(/a/**)", "filesystem:write(/a/b)", false),
            (
                "network:connect(*.a.com)",
                "network:connect(b.a.com:1)",
                true,
            ),
            (
                "network:connect(*.a.com:1)",
                "network:connect(b.a.com)",
                false,
            ),
            (
                "network:connect(10.0.0.0/8)",
                "network:connect(10.1.0.0/16)",
                true,
            ),
            (
                "network:connect(10.1.0.0/16)",
                "network:connect(10.0.0.0/8)",
                false,
            ),
            ("process:spawn(git*)", "process:spawn(git)", true),
            ("process:spawn(git)", "process:spawn(/bin/git)", false),
            ("env:*(A*)", "env:read(AB)", true),
        ] {
            assert_eq!(includes(wide, narrow), expected, "{narrow} within {wide}");
        }
    }

    #[test]
    fn only_effects_of_the_vocabulary_are_effects() {
        for (scope, expected) in [
            ("filesystem:*", true),
            ("filesystem:read_file", false),
            ("git:status", false),
            ("env:re*", true),
            ("**", true),
        ] {
            let scope: Scope = scope.parse().unwrap();
            assert_eq!(scope.names_an_effect(), expected, "{scope}");
        }
    }

    #[test]
    fn a_scope_may_meet_an_effect_that_it_does_not_cover() {
        for (scope, effect, expected) in [
            ("filesystem:read(./a)", "filesystem:read", true),
            ("filesystem:read(./a)", "filesystem:read(./*)", true),
            ("filesystem:read(./a)", "filesystem:read(./b)", false),
            ("filesystem:read(./a)", "filesystem:write", false),
            ("filesystem:read", "filesystem:read(./b)", true),
            ("network:connect(a.org)", "network:resolve(a.org)", false),
        ] {
            let scope: Scope = scope.parse().unwrap();
            let effect = effect.parse().unwrap();
            assert_eq!(scope.may_meet(&effect), expected, "{scope} {effect}");
        }
    }

    #[test]
    fn only_the_lone_star_is_everything() {
        for (scope, expected) in [("*", true), ("**", true), ("a:*", false), ("*:*", false)] {
            let scope: Scope = scope.parse().unwrap();
            assert_eq!(scope.is_everything(), expected, "{scope}");
        }
        let scope: Scope = "env:read(A)".parse().unwrap();
        assert_eq!(
            (scope.as_str(), scope.name_text()),
            ("env:read(A)", "env:read")
        );
        assert_eq!(scope.to_string(), "env:read(A)");
    }

    #[test]
    fn a_half_written_scope_says_what_is_wrong() {
        let message = |text: &str| text.parse::<Scope>().unwrap_err().to_string();
        assert_eq!(
            message("filesystem:read("),
            "`filesystem:read(` is not a scope: the resource must stand in parentheses at the end and not be empty"
        );
        assert_eq!(
            message("*:read(/data)"),
            "`*:read(/data)` is not a scope: a resource needs a namespace without `*`"
        );
        assert_eq!(
            message("git\n"),
            "`git\\n` is not a scope: the name holds a character outside `A-Z a-z 0-9 _ - . :`"
        );
    }
}

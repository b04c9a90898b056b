//! The least scopes that cover a set of effects, for an author who asks what to declare.

use skillgate_model::{Effect, EffectKind};

use crate::resource::Resource;
use crate::scope::{Scope, resource_of};

/// One scope to declare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The scope, ready for front matter.
    pub scope: String,
    /// Why it is wider than what was seen, where it is: to be shown beside the scope.
    pub widened: Option<&'static str>,
}

const UNKNOWN: &str = "the resource could not be resolved, so this is every resource";
const TEMPORARY: &str = "names of temporary files change from run to run";

/// The least set of scopes that covers every effect, sorted; whatever is widened says so.
pub fn least(effects: &[Effect]) -> Vec<Suggestion> {
    let mut found: Vec<(Scope, Option<&'static str>)> = Vec::new();
    for effect in effects {
        found.extend(narrowest(effect));
    }
    found.sort_by(|(left, _), (right, _)| left.as_str().cmp(right.as_str()));
    found.dedup_by(|(left, _), (right, _)| left == right);
    let is_needed = |(index, (scope, _)): &(usize, &(Scope, Option<&'static str>))| {
        let others = found.iter().enumerate();
        // Of two scopes that include each other the first stays.
        !others.into_iter().any(|(other, (wide, _))| {
            other != *index && wide.includes(scope) && (!scope.includes(wide) || other < *index)
        }) && !is_implied(scope, effects, &found)
    };
    let needed = found.iter().enumerate().filter(is_needed);
    needed
        .map(|(_, (scope, widened))| Suggestion {
            scope: scope.as_str().to_owned(),
            widened: *widened,
        })
        .collect()
}

/// The scope for one effect; `None` never happens for a kind of the vocabulary.
fn narrowest(effect: &Effect) -> Option<(Scope, Option<&'static str>)> {
    let resource = resource_of(effect);
    let whole = || Some((effect.kind.as_str().parse().ok()?, Some(UNKNOWN)));
    let (text, widened) = match &resource {
        Resource::Path(path) => match path.temporary_folder() {
            Some(folder) => (format!("{folder}/**"), Some(TEMPORARY)),
            None => (path.canonical(), None),
        },
        Resource::Unknown => return whole(),
        Resource::Host(_) | Resource::Program(_) | Resource::Text(_) => {
            (resource.canonical()?, None)
        }
    };
    match format!("{}({text})", effect.kind).parse::<Scope>() {
        Ok(scope) if scope.covers(effect) => Some((scope, widened)),
        Ok(_) | Err(_) => whole(),
    }
}

/// A name that is only resolved for a connection that is suggested anyway.
fn is_implied(scope: &Scope, effects: &[Effect], found: &[(Scope, Option<&'static str>)]) -> bool {
    let resolved = effects
        .iter()
        .filter(|effect| effect.kind == EffectKind::NetworkResolve && scope.covers(effect));
    let is_resolve = scope.name_text() == EffectKind::NetworkResolve.as_str();
    is_resolve
        && resolved.into_iter().all(|effect| {
            found
                .iter()
                .any(|(other, _)| other.name_text() != scope.name_text() && other.covers(effect))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(effects: &[&str], expected: &[&str]) {
        let effects: Vec<Effect> = effects.iter().map(|text| text.parse().unwrap()).collect();
        let suggestions = least(&effects);
        let shown: Vec<String> = suggestions
            .iter()
            .map(|suggestion| match suggestion.widened {
                Some(why) => format!("{} # {why}", suggestion.scope),
                None => suggestion.scope.clone(),
            })
            .collect();
        assert_eq!(shown, expected);
        let scopes: Vec<Scope> = suggestions
            .iter()
            .map(|s| s.scope.parse().unwrap())
            .collect();
        for effect in &effects {
            assert!(scopes.iter().any(|scope| scope.covers(effect)), "{effect}");
        }
    }

    #[test]
    fn each_resource_is_named_once_in_its_plain_form() {
        check(
            &[
                "process:spawn(/usr/bin/git)",
                "process:spawn(git)",
                "filesystem:read(data/../a.csv)",
                "filesystem:read(./a.csv)",
                "network:connect(https://API.example.com/v1)",
                "env:read(HOME)",
            ],
            &[
                "env:read(HOME)",
                "filesystem:read(./a.csv)",
                "network:connect(api.example.com:443)",
                "process:spawn(git)",
            ],
        );
    }

    #[test]
    fn what_is_unknown_is_widened_and_says_so() {
        check(
            &[
                "filesystem:read",
                "filesystem:read(./a)",
                "filesystem:write(../up)",
                "code:eval",
            ],
            &[
                "code:eval # the resource could not be resolved, so this is every resource",
                "filesystem:read # the resource could not be resolved, so this is every resource",
                "filesystem:write # the resource could not be resolved, so this is every resource",
            ],
        );
    }

    #[test]
    fn temporary_names_become_their_folder() {
        check(
            &[
                "filesystem:write(/tmp/tmpa1b2/x)",
                "filesystem:write(/tmp/tmpc3)",
                "filesystem:write(/tmp)",
            ],
            &["filesystem:write(/tmp/**) # names of temporary files change from run to run"],
        );
    }

    #[test]
    fn a_name_resolved_for_a_connection_needs_no_scope_of_its_own() {
        check(
            &[
                "network:connect(a.org:443)",
                "network:resolve(a.org)",
                "network:resolve(b.org)",
            ],
            &["network:connect(a.org:443)", "network:resolve(b.org)"],
        );
    }

    #[test]
    fn a_set_includes_its_members() {
        check(
            &["filesystem:read(./*.csv)", "filesystem:read(./a.csv)"],
            &["filesystem:read(./*.csv)"],
        );
    }
}

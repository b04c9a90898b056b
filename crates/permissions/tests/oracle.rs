//! Random cases against globset, and laws that no answer may break.
//!
//! `PROPTEST_CASES=1000000 cargo test --release -p skillgate-permissions --test oracle` runs a
//! million cases of each.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use globset::{GlobBuilder, GlobMatcher};
use proptest::prelude::*;
use skillgate_model::Effect;
use skillgate_permissions::{
    Policy, PolicyText, Request, Scope, check_permission, decide_all, is_subset, nearest_grant,
};

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig {
        cases: cases.and_then(|cases| cases.parse().ok()).unwrap_or(2000),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Few letters, so that names and patterns meet often.
fn segment() -> impl Strategy<Value = String> {
    "[abA_-]{1,4}|file|read_file"
}

fn separator() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("."), Just(":")]
}

fn name() -> impl Strategy<Value = String> {
    joined(segment().boxed(), 1..5)
}

fn joined(
    segment: BoxedStrategy<String>,
    count: std::ops::Range<usize>,
) -> impl Strategy<Value = String> {
    let rest = prop::collection::vec(
        (separator(), segment.clone()),
        count.start - 1..count.end - 1,
    );
    (segment, rest).prop_map(|(first, rest)| {
        rest.into_iter().fold(first, |name, (separator, segment)| {
            name + separator + &segment
        })
    })
}

fn pattern() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        3 => segment(),
        1 => Just("*".to_owned()),
        2 => "[ab_]{0,2}\\*[abe]{0,2}",
        1 => "[ab]?\\*[a_]\\*[ab]?",
    ];
    let body = joined(part.boxed(), 1..4).boxed();
    prop_oneof![
        1 => Just("*".to_owned()),
        1 => Just("**".to_owned()),
        5 => body.clone(),
        3 => (body, separator()).prop_map(|(body, separator)| format!("{body}{separator}**")),
    ]
}

fn patterns() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(pattern(), 0..6)
}

fn slashes(text: &str) -> String {
    text.replace(['.', ':'], "/")
}

fn glob(pattern: &str) -> GlobMatcher {
    // The lone star is everything; to globset that is `**`.
    let pattern = if pattern == "*" { "**" } else { pattern };
    let mut builder = GlobBuilder::new(pattern);
    builder
        .literal_separator(true)
        .build()
        .unwrap()
        .compile_matcher()
}

fn any_glob(patterns: &[String], name: &str) -> bool {
    let name = slashes(name);
    patterns
        .iter()
        .any(|pattern| glob(&slashes(pattern)).is_match(&name))
}

fn policy(allow: &[String], deny: &[String]) -> Policy {
    Policy::compile(&PolicyText {
        allow,
        deny,
        quarantined: &[],
    })
    .unwrap()
}

/// The path as a list of components, by a second, slower reading; `None` above its root.
fn resolved(path: &str) -> Option<Vec<&str>> {
    let mut components = Vec::new();
    for component in path.split('/') {
        match component {
            "" | "." => {}
            ".." if path.starts_with('/') => {
                components.pop();
            }
            ".." => {
                components.pop()?;
            }
            component => components.push(component),
        }
    }
    Some(components)
}

fn path() -> impl Strategy<Value = String> {
    let component = prop_oneof![4 => "[ab]{1,2}", 1 => Just("..".to_owned()), 1 => Just(".".to_owned()), 1 => Just(String::new())];
    let rest = prop::collection::vec(component, 0..6);
    (prop_oneof![Just("/"), Just("./")], rest)
        .prop_map(|(root, rest)| root.to_owned() + &rest.join("/"))
}

fn path_pattern() -> impl Strategy<Value = String> {
    let component = prop_oneof![3 => "[ab]{1,2}", 2 => "[ab]?\\*[ab]?", 2 => Just("**".to_owned())];
    let rest = prop::collection::vec(component, 1..5);
    (prop_oneof![Just("/"), Just("./")], rest)
        .prop_map(|(root, rest)| root.to_owned() + &rest.join("/"))
}

/// Texts from the pieces that attacks are made of.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("filesystem"),
        Just("read"),
        Just("network"),
        Just("process"),
        Just("env"),
        Just("."),
        Just(":"),
        Just("*"),
        Just("**"),
        Just("("),
        Just(")"),
        Just("/"),
        Just(".."),
        Just("\\"),
        Just("%2e"),
        Just("%25"),
        Just("\n"),
        Just("\0"),
        Just("[::1]"),
        Just("@"),
        Just("0x7f"),
        Just("://"),
        Just("\u{ff0e}"),
        Just("\u{202e}"),
        Just("é"),
        Just("~"),
        Just(" "),
    ];
    let pieces = prop::collection::vec(piece.prop_map(str::to_owned), 0..12);
    prop_oneof![
        2 => pieces.prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn policy_list_and_globset_agree_on_names(name in name(), allow in patterns(), deny in patterns()) {
        let allowed = any_glob(&allow, &name);
        prop_assert_eq!(check_permission(&name, &allow), allowed);
        let expected = allowed && !any_glob(&deny, &name);
        let policy = policy(&allow, &deny);
        let decision = policy.decide(&Request::tool(&name));
        prop_assert_eq!(decision.allow, expected);
        // The rule that is named is the first one that decides.
        let deciding = if any_glob(&deny, &name) { &deny } else { &allow };
        let first = deciding.iter().find(|rule| any_glob(std::slice::from_ref(rule), &name));
        prop_assert_eq!(decision.rule.map(|rule| rule.scope.to_string()), first.cloned());
    }

    #[test]
    fn policy_and_globset_agree_on_paths(path in path(), pattern in path_pattern()) {
        let scope = format!("filesystem:read({pattern})");
        let policy = policy(&[scope], &[]);
        let same_root = path.starts_with('/') == pattern.starts_with('/');
        let expected = same_root && resolved(&path).is_some_and(|path| {
            // Beneath a folder of its own, since to globset `*` would match the empty path.
            let path = ["root"].into_iter().chain(path).collect::<Vec<_>>().join("/");
            let pattern = format!("root/{}", pattern.trim_start_matches(['.', '/']));
            // A last `**` is here also the folder itself, which globset leaves out.
            let mut folders = vec![pattern.as_str()];
            while let Some(folder) = folders.last().unwrap().strip_suffix("**") {
                folders.push(folder.trim_end_matches('/'));
            }
            folders.iter().any(|pattern| glob(pattern).is_match(&path))
        });
        prop_assert_eq!(policy.decide(&Request::on("filesystem.read", &path)).allow, expected);
    }

    #[test]
    fn what_includes_a_scope_allows_all_that_the_scope_allows(
        wide in pattern(), narrow in pattern(), name in name(),
    ) {
        let (parent, child): (Scope, Scope) = (wide.parse().unwrap(), narrow.parse().unwrap());
        prop_assert!(is_subset(std::slice::from_ref(&child), std::slice::from_ref(&child)));
        if parent.includes(&child) && check_permission(&name, [&narrow]) {
            prop_assert!(check_permission(&name, [&wide]));
        }
    }

    #[test]
    fn a_wider_path_covers_what_the_narrower_covers(
        wide in path_pattern(), narrow in path_pattern(), path in path(),
    ) {
        let scope = |path: &str| format!("filesystem:read({path})").parse::<Scope>().unwrap();
        let effect: Effect = format!("filesystem:read({path})").parse().unwrap();
        let (wide, narrow) = (scope(&wide), scope(&narrow));
        if narrow.covers(&effect) {
            prop_assert!(narrow.may_meet(&effect));
            prop_assert!(!wide.includes(&narrow) || wide.covers(&effect));
        }
    }

    #[test]
    fn a_set_of_paths_meets_every_pattern_that_covers_a_member(
        pattern in path_pattern(), set in path_pattern(), path in path(),
    ) {
        let scope = |path: &str| format!("filesystem:read({path})").parse::<Scope>().unwrap();
        let effect = |path: &str| format!("filesystem:read({path})").parse::<Effect>().unwrap();
        let member = scope(&set).covers(&effect(&path));
        if member && scope(&pattern).covers(&effect(&path)) {
            prop_assert!(scope(&pattern).may_meet(&effect(&set)));
        }
    }

    #[test]
    fn denies_and_chains_only_ever_narrow(
        name in name(), allow in patterns(), deny in patterns(), others in patterns(),
    ) {
        let request = Request::tool(&name);
        let (open, narrowed, other) = (policy(&allow, &[]), policy(&allow, &deny), policy(&others, &[]));
        let narrow = narrowed.decide(&request).allow;
        prop_assert!(!narrow || open.decide(&request).allow);
        let both = decide_all(&narrowed, &[&other], &request).decision.allow;
        prop_assert_eq!(both, narrow && other.decide(&request).allow);
    }

    #[test]
    fn hostile_texts_are_decided_without_panic_and_never_by_two_answers(
        name in hostile(), resource in hostile(), scope in hostile(),
    ) {
        let request = Request { name: &name, resource: Some(&resource) };
        let everything = policy(&["**".to_owned()], &[]);
        let decision = everything.decide(&request);
        let legal = !name.is_empty() && name.split(['.', ':']).all(|segment| {
            !segment.is_empty() && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        });
        prop_assert_eq!(decision.allow, legal && name.len() <= 128);
        prop_assert!(!decision.explain(&request).contains('\n'));
        let scopes = [scope];
        let Ok(policy) = Policy::compile(&PolicyText { deny: &scopes, allow: &["**".to_owned()], quarantined: &[] }) else {
            // What may not deny may not grant either.
            prop_assert!(!policy(&scopes, &[]).decide(&request).allow);
            return Ok(());
        };
        // Whatever a scope grants, the same scope denies.
        let granted = self::policy(&scopes, &[]).decide(&request).allow;
        prop_assert!(!granted || !policy.decide(&request).allow);
    }

    #[test]
    fn the_nearest_grant_of_a_legal_request_allows_it(
        namespace in "filesystem|network|process|env|git", resource in hostile(),
    ) {
        let name = format!("{namespace}.read");
        let request = Request::on(&name, &resource);
        let grant = nearest_grant(&request).unwrap().to_string();
        prop_assert!(policy(&[grant], &[]).decide(&request).allow);
    }
}

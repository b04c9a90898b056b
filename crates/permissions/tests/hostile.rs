//! Names that attackers try; every one is denied, with everything granted.

use skillgate_permissions::{Cause, NameError, Policy, PolicyText, Request, check_permission};

/// Denied by the list and by the policy, and for this reason.
fn denied(name: &str, expected: NameError) {
    let allow = ["*", "**", "filesystem:*", "filesystem:**", "git:status"].map(str::to_owned);
    let policy = Policy::compile(&PolicyText {
        allow: &allow,
        ..PolicyText::default()
    })
    .expect("the policy has no deny");
    assert!(!check_permission(name, &allow), "{name:?}");
    let decision = policy.decide(&Request::tool(name));
    assert!(!decision.allow, "{name:?}");
    assert_eq!(decision.reason, Cause::IllegalName(expected), "{name:?}");
}

#[test]
fn names_with_dot_dot_are_denied() {
    denied("filesystem..git.status", NameError::EmptySegment);
    denied("filesystem.../../git.commit", NameError::IllegalCharacter);
    denied("../git.status", NameError::IllegalCharacter);
}

#[test]
fn names_with_encoded_bytes_are_denied_at_every_depth_of_encoding() {
    for name in [
        "git%2Estatus",
        "git%252Estatus",
        "git%25252Estatus",
        "git&#46;status",
        "git\\x2estatus",
    ] {
        denied(name, NameError::IllegalCharacter);
    }
}

#[test]
fn names_with_confusable_characters_are_denied() {
    for name in [
        "g\u{456}t.status",
        "git\u{ff0e}status",
        "git\u{2024}status",
        "git\u{a789}status",
        "git.\u{202e}sutats",
        "git\u{200b}.status",
        "git.stat\u{fe0f}us",
        "\u{feff}git.status",
        "git.ſtatus",
    ] {
        denied(name, NameError::IllegalCharacter);
    }
}

#[test]
fn names_in_another_letter_case_are_other_names() {
    for name in ["Git.status", "git.Status", "GIT.STATUS"] {
        assert!(!check_permission(name, ["git:status", "git:s*"]), "{name}");
    }
    assert!(!check_permission(
        "git.status",
        ["Git:status", "git:STATUS"]
    ));
}

#[test]
fn names_with_a_trailing_dot_are_denied() {
    denied("git.status.", NameError::EmptySegment);
    denied("git.status:", NameError::EmptySegment);
    denied("git.", NameError::EmptySegment);
}

#[test]
fn names_with_an_empty_segment_are_denied() {
    for name in [".", ":", ".git", "git::status", "git.:status", "..", "a..b"] {
        denied(name, NameError::EmptySegment);
    }
    denied("", NameError::Empty);
}

#[test]
fn names_with_a_newline_or_another_control_character_are_denied() {
    for name in [
        "git.status\n",
        "git.status\r\n",
        "git\n.status",
        "\ngit.status",
        "git.status\0",
        "git.status\u{7f}",
        "git.\u{1b}[0m",
    ] {
        denied(name, NameError::IllegalCharacter);
    }
}

#[test]
fn names_with_wildcards_or_spaces_are_denied() {
    for name in [
        "*",
        "**",
        "git.*",
        "git.**",
        "git.st*",
        " git.status",
        "git.status ",
        "git.status(x)",
    ] {
        denied(name, NameError::IllegalCharacter);
    }
}

#[test]
fn an_overlong_name_is_denied_and_costs_nothing() {
    denied(&"a".repeat(129), NameError::TooLong);
    denied(&"a.".repeat(10_000_000), NameError::TooLong);
}

#[test]
fn patterns_of_many_stars_are_decided_in_bounded_time() {
    let stars = "a*".repeat(63);
    let name = "a".repeat(127) + "b";
    assert!(!check_permission(&name, vec![format!("{stars}c"); 1000]));
    let policy = Policy::compile(&PolicyText {
        allow: &vec!["*:*:*:*:*:*:*:*:*:x".to_owned(); 10_000],
        ..PolicyText::default()
    })
    .expect("the policy has no deny");
    assert!(!policy.decide(&Request::tool("a.a.a.a.a.a.a.a.a.a")).allow);
}

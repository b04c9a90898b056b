//! Any text as scope, name and resource: no panic, and no two answers to one question.
//!
//! Runs on the pinned stable compiler, ten minutes long, from this folder:
//! `RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
//! -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
//! -Ccodegen-units=1" cargo run --release --target x86_64-unknown-linux-gnu -- -max_total_time=600`
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use skillgate_model::{Effect, EffectKind};
use skillgate_permissions::translate::allowed_tools;
use skillgate_permissions::{
    Argument, Comparison, Declared, Policy, PolicyText, Request, Scope, check_permission, least,
    nearest_grant,
};

static BUILTIN: LazyLock<Policy> = LazyLock::new(Policy::builtin);

fuzz_target!(|data: &str| {
    let mut parts = data.splitn(3, '\n');
    let [scope, name, resource] = [(); 3].map(|()| parts.next().unwrap_or_default());
    let request = Request::on(name, resource);
    let list = [scope.to_owned()];
    let text = PolicyText {
        allow: &list,
        ..PolicyText::default()
    };
    let policy = Policy::compile(&text).expect("it has no deny");
    let decision = policy.decide(&request);
    let _ = decision.explain(&request);

    let denying = PolicyText {
        allow: &["**".to_owned()],
        deny: &list,
        quarantined: &[],
    };
    match Policy::compile(&denying) {
        Ok(denying) => assert!(!decision.allow || !denying.decide(&request).allow),
        Err(_) => assert!(!decision.allow),
    }
    // The list knows no resources; where it allows, so does the policy for the bare tool.
    let listed = check_permission(name, &list);
    assert_eq!(listed, policy.decide(&Request::tool(name)).allow);
    let called = policy.decide_call(name, &[("path", Argument::Text(resource))]);
    assert!(!listed || called.allow);
    if let Some(grant) = nearest_grant(&request) {
        let allow = [grant.to_string()];
        let nearest = PolicyText {
            allow: &allow,
            ..PolicyText::default()
        };
        let policy = Policy::compile(&nearest).expect("it has no deny");
        assert!(policy.decide(&request).allow, "{grant}");
    }
    effects(scope, resource);
    let _ = allowed_tools(data);
});

fn effects(scope: &str, resource: &str) {
    let effects = EffectKind::ALL.map(|kind| Effect::on(kind, resource));
    let suggested = least(&effects);
    let declared = Declared::parse(&suggested.iter().map(|one| &one.scope).collect::<Vec<_>>());
    assert!(declared.refused.is_empty());
    let comparison = Comparison::of(&effects, &declared.scopes, &BUILTIN);
    assert_eq!(comparison.undeclared().count(), 0);
    let Ok(scope) = scope.parse::<Scope>() else {
        return;
    };
    assert!(scope.includes(&scope), "{scope}");
    for effect in &effects {
        if let (true, Some(own)) = (scope.covers(effect), effect.resource.as_deref()) {
            let narrow = format!("{}({own})", effect.kind).parse::<Scope>();
            let outside = narrow.is_ok_and(|own| own.covers(effect) && !scope.includes(&own));
            // A resource that reads as a pattern for itself lies within whatever covers it, but for
            // two rules that are only about effects: connecting lets a name be resolved, and a
            // program's name covers its path in the system's folders.
            let excepted = matches!(
                effect.kind,
                EffectKind::NetworkResolve | EffectKind::ProcessSpawn | EffectKind::ProcessControl
            );
            assert!(!outside || excepted, "{scope} {effect}");
        }
    }
}

//! Layer 3 for one skill: what it needs beside what it declares and what it was granted.

use std::sync::LazyLock;

use skillgate_model::{Effect, EffectKind, EffectTable, Skill};
use skillgate_permissions::{Comparison, Declared, Policy, PolicyFile, Scope};

pub(crate) struct Permit {
    pub(crate) declared: Declared,
    pub(crate) comparison: Comparison,
    /// Whether the skill declares effects, even none; names of a host's tools are no effects.
    pub(crate) declares: bool,
    /// Kinds of which something is declared and granted.
    pub(crate) permitted_kinds: Vec<EffectKind>,
    granted: Vec<String>,
}

impl Permit {
    pub(crate) fn of(
        skill: &Skill,
        inferred: &[Effect],
        observed: &[Effect],
        file: &PolicyFile,
    ) -> Self {
        with_policy(skill, file, |policy| {
            Self::under(policy, skill, inferred, observed)
        })
    }

    fn under(policy: &Policy, skill: &Skill, inferred: &[Effect], observed: &[Effect]) -> Self {
        let declared = Declared::parse(&skill.manifest.declared);
        let needed: Vec<Effect> = inferred.iter().chain(observed).cloned().collect();
        let comparison = Comparison::of(&needed, &declared.scopes, policy);
        let permits = |kind: &EffectKind| {
            let any = Effect::any(*kind);
            declared.scopes.iter().any(|scope| scope.may_meet(&any))
                && policy.granted().any(|scope| scope.may_meet(&any))
        };
        Self {
            declares: skill.manifest.declares || declared.scopes.iter().any(Scope::names_an_effect),
            permitted_kinds: EffectKind::ALL.into_iter().filter(permits).collect(),
            granted: policy
                .granted()
                .map(|scope| scope.as_str().to_owned())
                .collect(),
            declared,
            comparison,
        }
    }

    pub(crate) fn summary(&self) -> String {
        let undeclared = self.comparison.undeclared().count();
        let refused = self.comparison.not_granted().count();
        let needs = self.comparison.needs.len();
        let unused = self.comparison.unused.len();
        format!(
            "{needs} effects needed: {undeclared} not declared, {refused} declared and not granted; {unused} declared and never needed"
        )
    }

    pub(crate) fn table(
        &self,
        skill: &Skill,
        inferred: Vec<Effect>,
        observed: Vec<Effect>,
    ) -> EffectTable {
        EffectTable {
            declares: self.declares,
            declared: skill.manifest.declared.clone(),
            granted: self.granted.clone(),
            inferred,
            observed,
            undeclared: self.comparison.undeclared().cloned().collect(),
            not_granted: self.comparison.not_granted().cloned().collect(),
            unused: self.comparison.unused.clone(),
        }
    }
}

/// Programs and destinations the skill declares and was granted by name, which the simulation may therefore reach.
pub(crate) fn runnable(skill: &Skill, file: &PolicyFile) -> Vec<Effect> {
    let declared = skill
        .manifest
        .declared
        .iter()
        .filter_map(|scope| scope.parse::<Effect>().ok());
    let by_name = |effect: &Effect| {
        matches!(
            effect.kind,
            EffectKind::ProcessSpawn | EffectKind::NetworkConnect
        ) && effect
            .resource
            .as_ref()
            .is_some_and(|program| !program.contains('*'))
    };
    with_policy(skill, file, |policy| {
        declared
            .filter(|effect| by_name(effect) && policy.decide_effect(effect).allow)
            .collect()
    })
}

pub(crate) static BUILT_IN: LazyLock<Policy> = LazyLock::new(Policy::builtin);

/// A skill that no table of the operator names gets the built-in policy; a table without rules grants nothing.
fn with_policy<T>(skill: &Skill, file: &PolicyFile, work: impl FnOnce(&Policy) -> T) -> T {
    if file.names(&skill.name) {
        work(&file.for_skill(&skill.name, Some(&skill.digest)))
    } else {
        work(&BUILT_IN)
    }
}

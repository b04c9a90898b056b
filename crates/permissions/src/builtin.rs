//! The policy in force where the operator wrote none.

use crate::policy::{Policy, RuleKind, UnknownResource};
use crate::scope::Scope;

/// One rule of the built-in policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltinRule {
    /// The scope.
    pub scope: &'static str,
    /// Why it is granted or denied, in a few words.
    pub reason: &'static str,
}

const fn rule(scope: &'static str, reason: &'static str) -> BuiltinRule {
    BuiltinRule { scope, reason }
}

const DECLARED: &str =
    "ordinary work; what the skill declares is the limit, and a reviewer reads it";

/// Granted by default, always within what the skill declares.
///
/// Left out, so refused until an operator grants them: executing data (`code:eval`), loading machine
/// code (`native:load`).
pub const DEFAULT_GRANTS: &[BuiltinRule] = &[
    rule("filesystem:read", DECLARED),
    rule("filesystem:write", DECLARED),
    rule("filesystem:delete", DECLARED),
    rule("network:connect", DECLARED),
    rule(
        "network:listen",
        "local previews and callbacks; every address is denied below",
    ),
    rule("network:resolve", DECLARED),
    rule("process:spawn", DECLARED),
    rule(
        "process:control",
        "a tool signals what it started; the sandbox shows the rest",
    ),
    rule("env:read", DECLARED),
    rule("env:write", DECLARED),
    rule("code:import", DECLARED),
];

const CREDENTIALS: &str = "credentials; an operator grants them one by one";
const AGENT: &str = "configuration that decides what agents do next";
const SYSTEM: &str = "outside the work directory; such writes outlive the skill";
const EXPOSED: &str = "accepts connections from every network the machine is on";
const START: &str = "runs at every start of a shell or a session";

/// Denied by default, also where a skill declares it.
///
/// Programs and variables are not among them: an honest tool starts a shell and reads its own API key,
/// and where the key then goes is for the scan and the simulation to see.
pub const DEFAULT_DENIES: &[BuiltinRule] = &[
    rule("filesystem:*(~/.ssh/**)", CREDENTIALS),
    rule("filesystem:*(~/.gnupg/**)", CREDENTIALS),
    rule("filesystem:*(~/.aws/**)", CREDENTIALS),
    rule("filesystem:*(~/.azure/**)", CREDENTIALS),
    rule("filesystem:*(~/.config/gcloud/**)", CREDENTIALS),
    rule("filesystem:*(~/.config/gh/**)", CREDENTIALS),
    rule("filesystem:*(~/.kube/**)", CREDENTIALS),
    rule("filesystem:*(~/.docker/**)", CREDENTIALS),
    rule("filesystem:*(~/.netrc)", CREDENTIALS),
    rule("filesystem:*(~/.npmrc)", CREDENTIALS),
    rule("filesystem:*(~/.pypirc)", CREDENTIALS),
    rule("filesystem:*(~/.git-credentials)", CREDENTIALS),
    rule("filesystem:*(~/.password-store/**)", CREDENTIALS),
    rule("filesystem:*(~/.mozilla/**)", CREDENTIALS),
    rule("filesystem:*(~/.config/google-chrome/**)", CREDENTIALS),
    rule("filesystem:*(/root/**)", CREDENTIALS),
    rule("filesystem:*(/home/*/.ssh/**)", CREDENTIALS),
    rule("filesystem:*(/home/*/.aws/**)", CREDENTIALS),
    rule("filesystem:*(/etc/shadow)", CREDENTIALS),
    rule("filesystem:*(/etc/sudoers)", CREDENTIALS),
    rule("filesystem:*(/proc/*/environ)", CREDENTIALS),
    rule("filesystem:*(/proc/*/mem)", CREDENTIALS),
    rule("filesystem:write(./.claude/*.json)", AGENT),
    rule("filesystem:write(./.claude/hooks/**)", AGENT),
    rule("filesystem:write(./.claude/commands/**)", AGENT),
    rule("filesystem:write(./.claude/agents/**)", AGENT),
    rule("filesystem:write(./.claude/skills/**)", AGENT),
    rule("filesystem:write(./.cursor/*.json)", AGENT),
    rule("filesystem:write(./.cursor/rules/**)", AGENT),
    rule("filesystem:write(./**/CLAUDE.md)", AGENT),
    rule("filesystem:write(./**/AGENTS.md)", AGENT),
    rule("filesystem:write(./**/SKILL.md)", AGENT),
    rule("filesystem:write(./.mcp.json)", AGENT),
    rule("filesystem:write(./.git/**)", AGENT),
    rule("filesystem:write(~/**)", SYSTEM),
    rule("filesystem:delete(~/**)", SYSTEM),
    rule("filesystem:write(/home/**)", SYSTEM),
    rule("filesystem:delete(/home/**)", SYSTEM),
    rule("filesystem:write(/etc/**)", SYSTEM),
    rule("filesystem:delete(/etc/**)", SYSTEM),
    rule("filesystem:write(/usr/**)", SYSTEM),
    rule("filesystem:delete(/usr/**)", SYSTEM),
    rule("filesystem:write(/opt/**)", SYSTEM),
    rule("filesystem:delete(/opt/**)", SYSTEM),
    rule("filesystem:write(/var/**)", SYSTEM),
    rule("filesystem:delete(/var/**)", SYSTEM),
    rule("filesystem:write(/bin/**)", SYSTEM),
    rule("filesystem:write(/sbin/**)", SYSTEM),
    rule("filesystem:write(/lib/**)", SYSTEM),
    rule("filesystem:write(/boot/**)", SYSTEM),
    rule("filesystem:write(/proc/**)", SYSTEM),
    rule("filesystem:write(/sys/**)", SYSTEM),
    rule("filesystem:delete(/)", SYSTEM),
    rule("network:listen(0.0.0.0)", EXPOSED),
    rule("network:listen(::)", EXPOSED),
    rule("env:write(LD_*)", START),
    rule("env:write(BASH_ENV)", START),
    rule("env:write(PYTHON*)", START),
];

impl Policy {
    /// The built-in policy: [`DEFAULT_GRANTS`] less [`DEFAULT_DENIES`].
    ///
    /// Unlike in an operator's policy, a deny does not reach an effect whose resource is unknown:
    /// nearly every honest tool takes its path or its URL from whoever calls it.
    pub fn builtin() -> Self {
        let parse = |rule: &BuiltinRule| -> Scope {
            rule.scope
                .parse()
                .expect("a test reads every built-in rule")
        };
        let allows = DEFAULT_GRANTS
            .iter()
            .map(|rule| (RuleKind::Allow, parse(rule)));
        let denies = DEFAULT_DENIES
            .iter()
            .map(|rule| (RuleKind::Deny, parse(rule)));
        Self::freeze(allows.chain(denies).collect(), UnknownResource::Postponed)
    }
}

#[cfg(test)]
mod tests {
    use skillgate_model::Effect;

    use super::*;

    #[test]
    fn ordinary_work_is_granted_and_dangerous_work_is_not() {
        let policy = Policy::builtin();
        assert_eq!(
            policy.rules().len(),
            DEFAULT_GRANTS.len() + DEFAULT_DENIES.len()
        );
        for (effect, expected) in [
            ("filesystem:read(./data.csv)", true),
            ("filesystem:read(./*.csv)", true),
            ("filesystem:read", true),
            ("filesystem:write(out/report.md)", true),
            ("filesystem:write(/tmp/x)", true),
            ("filesystem:write", true),
            ("network:connect", true),
            ("process:spawn(git)", true),
            ("env:read(HOME)", true),
            ("filesystem:read(~/.ssh/id_rsa)", false),
            ("filesystem:read(/home/me/.ssh/id_rsa)", false),
            ("filesystem:write(~/.bashrc)", false),
            ("filesystem:write(./docs/AGENTS.md)", false),
            ("filesystem:write(./.git/hooks/pre-commit)", false),
            ("filesystem:delete(/)", false),
            ("env:read(OPENAI_API_KEY)", true),
            ("process:spawn(/bin/bash)", true),
            ("code:eval", false),
            ("native:load(libc.so.6)", false),
            ("network:listen(0.0.0.0:80)", false),
            ("process:control", true),
        ] {
            let effect: Effect = effect.parse().unwrap();
            assert_eq!(policy.decide_effect(&effect).allow, expected, "{effect}");
        }
    }

    #[test]
    fn every_rule_has_a_reason_and_stands_once() {
        let mut rules: Vec<&BuiltinRule> = DEFAULT_GRANTS.iter().chain(DEFAULT_DENIES).collect();
        assert!(rules.iter().all(|rule| !rule.reason.is_empty()));
        let count = rules.len();
        rules.sort_by_key(|rule| rule.scope);
        rules.dedup_by_key(|rule| rule.scope);
        assert_eq!(rules.len(), count);
    }
}

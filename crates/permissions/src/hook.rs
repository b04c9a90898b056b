//! Answers to a host that asks before it uses a tool: every part of the use is asked of the policy.

use crate::audit::AuditError;
use crate::decision::{Cause, Decision, Request};
use crate::policy::Policy;
use crate::shell::{self, Part, Unclear};

mod claude_code;
mod place;

pub use claude_code::{Answer, MAX_EVENT_BYTES, answer};
pub use place::Place;

/// What the host is to do; the worst of all parts counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Go on without asking a person.
    Allow,
    /// Ask a person.
    Ask,
    /// Refuse.
    Deny,
}

impl Permission {
    /// The host's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }

    /// A person is asked where no rule is sure to forbid it.
    fn of(decision: &Decision<'_>) -> Self {
        match decision.reason {
            Cause::Granted => Self::Allow,
            Cause::Denied | Cause::Quarantined | Cause::IllegalName(_) => Self::Deny,
            Cause::MayBeDenied
            | Cause::NotGranted
            | Cause::OutsideGrant
            | Cause::UnknownResource => Self::Ask,
        }
    }
}

/// Takes note of every decision; where it fails, the answer is a refusal.
pub type Note<'a> = dyn FnMut(&Request<'_>, &Decision<'_>) -> Result<(), AuditError> + 'a;

/// Programs whose work is to start another one; only a grant that names them is a grant for them.
const STARTERS: [&str; 34] = [
    ".", "ash", "bash", "builtin", "busybox", "chroot", "command", "dash", "doas", "env", "eval",
    "exec", "find", "fish", "ksh", "nice", "nohup", "parallel", "pkexec", "script", "setsid", "sh",
    "source", "ssh", "stdbuf", "strace", "su", "sudo", "timeout", "trap", "unshare", "watch",
    "xargs", "zsh",
];
/// After these nobody knows what a relative path means.
const MOVERS: [&str; 3] = ["cd", "popd", "pushd"];

/// One use of a tool, judged part by part.
struct Judge<'a> {
    policy: &'a Policy,
    place: &'a Place<'a>,
    note: &'a mut Note<'a>,
    permission: Permission,
    /// Why, for the parts that decide.
    reasons: Vec<String>,
}

impl Judge<'_> {
    fn conclude(&mut self, permission: Permission, reason: String) {
        if permission > self.permission {
            self.permission = permission;
            self.reasons.clear();
        }
        if permission == self.permission && !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    fn request(&mut self, request: &Request<'_>) {
        let decision = self.policy.decide(request);
        self.noted(request, &decision);
        self.conclude(Permission::of(&decision), decision.explain(request));
    }

    fn noted(&mut self, request: &Request<'_>, decision: &Decision<'_>) {
        if let Err(error) = (self.note)(request, decision) {
            self.conclude(Permission::Deny, error.to_string());
        }
    }

    /// A path in all its spellings: any may forbid it, one has to allow it.
    fn path(&mut self, name: &str, path: Option<&str>, is_tree: bool) {
        let Some(files) = path.and_then(|path| self.place.files(path, is_tree)) else {
            return self.request(&Request {
                name,
                resource: None,
            });
        };
        if name == "filesystem:write" && files.iter().any(|file| self.place.guards(file)) {
            let reason = "this file decides what the session may do, so only a person changes it";
            self.conclude(Permission::Deny, reason.to_owned());
        }
        for spellings in files {
            let requests = spellings.iter().map(|path| Request::on(name, path));
            let decided = requests.map(|request| (request, self.policy.decide(&request)));
            let rank = |decision: &Decision<'_>| match Permission::of(decision) {
                Permission::Deny => 0,
                Permission::Ask if decision.reason == Cause::MayBeDenied => 1,
                Permission::Allow => 2,
                Permission::Ask if decision.rule.is_some() => 3,
                Permission::Ask => 4,
            };
            let Some((request, decision)) = decided.min_by_key(|(_, decision)| rank(decision))
            else {
                continue;
            };
            self.noted(&request, &decision);
            self.conclude(Permission::of(&decision), decision.explain(&request));
        }
    }

    fn command_line(&mut self, line: &str) {
        match shell::parts(line) {
            Ok(parts) => self.parts(&parts),
            Err(unclear) => self.unclear(&unclear),
        }
    }

    /// A person can read what we do not.
    fn unclear(&mut self, unclear: &Unclear) {
        let request = Request::tool("process:spawn");
        let decision = Decision {
            allow: false,
            rule: None,
            reason: Cause::UnknownResource,
        };
        self.noted(&request, &decision);
        let reason = format!("the command line is not fully understood: {unclear}");
        self.conclude(Permission::Ask, reason);
    }

    fn parts(&mut self, parts: &[Part]) {
        let mut moved = false;
        for part in parts {
            let path = |path| place::unless_moved(path, moved);
            match part {
                Part::Run { program, .. } => {
                    self.program(program, moved);
                    moved |= MOVERS.contains(&program.as_str());
                }
                Part::Read(file) => self.path("filesystem:read", path(file), false),
                Part::Write(file) => self.path("filesystem:write", path(file), false),
                Part::Set(variable) => self.request(&Request::on("env:write", variable)),
            }
        }
        if parts.is_empty() {
            self.conclude(
                Permission::Allow,
                "the command line does nothing".to_owned(),
            );
        }
    }

    fn program(&mut self, program: &str, moved: bool) {
        let resource = match program.contains('/') {
            true => place::unless_moved(program, moved),
            false => Some(program),
        };
        let name = "process:spawn";
        let request = Request { name, resource };
        let decision = self.policy.decide(&request);
        let file = program.rsplit('/').next().unwrap_or_default();
        let rule = decision.rule.map_or("", |rule| rule.scope.as_str());
        let is_named = rule.ends_with(')') && !rule.contains('*');
        if decision.allow && STARTERS.contains(&file) && !is_named {
            self.noted(
                &request,
                &Decision {
                    allow: false,
                    ..decision
                },
            );
            let reason = format!(
                "`{file}` starts what its arguments say; grant it by its name to allow that"
            );
            return self.conclude(Permission::Ask, reason);
        }
        self.noted(&request, &decision);
        self.conclude(Permission::of(&decision), decision.explain(&request));
    }
}

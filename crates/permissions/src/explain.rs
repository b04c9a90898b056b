//! Decisions in a sentence, with the nearest grant that would allow what was refused.

use crate::decision::{Cause, Decision, Request};
use crate::name::Name;
use crate::resource::{Resource, ResourceKind};
use crate::scope::Scope;

impl Decision<'_> {
    /// Says in one sentence why the decision fell, and what would allow a refused request.
    pub fn explain(&self, request: &Request<'_>) -> String {
        let wanted = shown(request);
        let rule = self.rule.map(|rule| rule.scope.as_str().escape_debug());
        let rule = rule.map(|rule| rule.to_string()).unwrap_or_default();
        match self.reason {
            Cause::Granted => format!("{wanted} is allowed by `{rule}`"),
            Cause::Denied => format!(
                "{wanted} is denied by `{rule}`, and a deny wins over every grant; \
                 only changing that rule would allow it"
            ),
            Cause::MayBeDenied => format!(
                "{wanted} is denied because `{rule}` denies some of what it may mean; \
                 name the resource, or change that rule"
            ),
            Cause::Quarantined => {
                format!("{wanted} is denied because the tool is in quarantine until it is released")
            }
            Cause::NotGranted => {
                let remedy = self.remedy_text(request);
                format!("{wanted} is denied because nothing grants it{remedy}")
            }
            Cause::OutsideGrant => format!(
                "{wanted} is denied because it lies outside `{rule}`{}",
                self.remedy_text(request)
            ),
            Cause::UnknownResource => format!(
                "{wanted} is denied because `{rule}` allows certain resources only and which one \
                 is meant is not known{}",
                self.remedy_text(request)
            ),
            Cause::IllegalName(error) => {
                format!("{wanted} is denied because {error}; no grant can allow it")
            }
        }
    }

    /// The narrowest grant that would turn a refusal into an allow; `None` where none is needed or would.
    pub fn remedy(&self, request: &Request<'_>) -> Option<Scope> {
        match self.reason {
            Cause::NotGranted | Cause::OutsideGrant | Cause::UnknownResource => {
                nearest_grant(request)
            }
            Cause::Granted
            | Cause::Denied
            | Cause::MayBeDenied
            | Cause::Quarantined
            | Cause::IllegalName(_) => None,
        }
    }

    fn remedy_text(&self, request: &Request<'_>) -> String {
        let scope = self.remedy(request);
        let text = |scope: Scope| format!("; `{}` would allow it", scope.as_str().escape_debug());
        scope.map(text).unwrap_or_default()
    }
}

/// The narrowest scope that covers the request; `None` when no scope can.
pub fn nearest_grant(request: &Request<'_>) -> Option<Scope> {
    let name = Name::parse(request.name).ok()?;
    let kind = ResourceKind::of(name.namespace());
    let resource = Resource::parse(kind, request.resource);
    let name = request.name.replace('.', ":");
    let exact = resource.canonical().and_then(|resource| {
        let scope: Scope = format!("{name}({resource})").parse().ok()?;
        Some(scope)
    });
    let covers = |scope: &Scope| {
        let pattern = scope.resource();
        pattern.is_some_and(|pattern| pattern.includes(&resource))
    };
    exact.filter(covers).or_else(|| name.parse().ok())
}

/// The request as one token: escaped and bounded, since an attacker may have written it.
fn shown(request: &Request<'_>) -> String {
    const LONGEST: usize = 200;
    let mut text = request.name.to_owned();
    if let Some(resource) = request.resource {
        text = format!("{text}({resource})");
    }
    let mut escaped: String = text
        .chars()
        .take(LONGEST)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        escaped.push('…');
    }
    format!("`{escaped}`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Policy, PolicyText};

    #[test]
    fn every_cause_has_its_sentence() {
        let allow = ["filesystem:read(/data/**)", "git:status"].map(str::to_owned);
        let policy = Policy::compile(&PolicyText {
            allow: &allow,
            deny: &["filesystem:write(/data/secret/**)".to_owned()],
            quarantined: &["git.push".to_owned()],
        })
        .unwrap();
        for (request, expected) in [
            (
                Request::tool("git.status"),
                "`git.status` is allowed by `git:status`",
            ),
            (
                Request::on("filesystem.write", "/data/secret/key"),
                "`filesystem.write(/data/secret/key)` is denied by \
                 `filesystem:write(/data/secret/**)`, and a deny wins over every grant; \
                 only changing that rule would allow it",
            ),
            (
                Request::tool("filesystem.write"),
                "`filesystem.write` is denied because `filesystem:write(/data/secret/**)` denies \
                 some of what it may mean; name the resource, or change that rule",
            ),
            (
                Request::tool("git.push"),
                "`git.push` is denied because the tool is in quarantine until it is released",
            ),
            (
                Request::on("network.connect", "https://Example.com/x"),
                "`network.connect(https://Example.com/x)` is denied because nothing grants it; \
                 `network:connect(example.com:443)` would allow it",
            ),
            (
                Request::on("filesystem.read", "/data/../etc/passwd"),
                "`filesystem.read(/data/../etc/passwd)` is denied because it lies outside \
                 `filesystem:read(/data/**)`; `filesystem:read(/etc/passwd)` would allow it",
            ),
            (
                Request::tool("filesystem.read"),
                "`filesystem.read` is denied because `filesystem:read(/data/**)` allows certain \
                 resources only and which one is meant is not known; \
                 `filesystem:read` would allow it",
            ),
            (
                Request::on("git.status\n", "\u{1b}[2J"),
                "`git.status\\n(\\u{1b}[2J)` is denied because the name holds a character \
                 outside `A-Z a-z 0-9 _ - . :`; no grant can allow it",
            ),
        ] {
            assert_eq!(policy.decide(&request).explain(&request), expected);
        }
    }

    #[test]
    fn the_nearest_grant_allows_exactly_the_request() {
        for request in [
            Request::on("filesystem.read", "a/../b c.csv"),
            Request::on("filesystem.read", "../up"),
            Request::on("network.connect", "[::1]:443"),
            Request::on("network.connect", "BÜCHER.example"),
            Request::on("process.spawn", "/usr/bin/git"),
            Request::on("process.spawn", "git status"),
            Request::on("env.read", "HOME"),
            Request::tool("mcp.github.create_issue"),
        ] {
            let grant = nearest_grant(&request).unwrap().to_string();
            let policy = Policy::compile(&PolicyText {
                allow: std::slice::from_ref(&grant),
                ..PolicyText::default()
            });
            assert!(policy.unwrap().decide(&request).allow, "{grant}");
        }
    }
}

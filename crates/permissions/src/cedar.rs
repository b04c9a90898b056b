//! A policy as text for Cedar, which then decides on the context that [`context`] makes.

use std::fmt::{self, Write};
use std::net::IpAddr;

use crate::decision::Request;
use crate::host::{HostPattern, TargetPattern, is_localhost};
use crate::name::Name;
use crate::path::PathPattern;
use crate::pattern::Tail;
use crate::policy::{Policy, Rule, RuleKind};
use crate::program::ProgramPattern;
use crate::resource::{Resource, ResourceKind, ResourcePattern};

/// A policy in Cedar's language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CedarPolicy {
    /// The policies, one for each rule.
    pub text: String,
    /// One sentence for each rule that Cedar decides more strictly; none is decided more widely.
    pub lost: Vec<String>,
}

impl fmt::Display for CedarPolicy {
    /// The policies, headed by comments on the context they read and on what was lost.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{CONTEXT}")?;
        for lost in &self.lost {
            writeln!(f, "// stricter than the original: {lost}")?;
        }
        write!(f, "\n{}", self.text)
    }
}

const CONTEXT: &str = "\
// Deny illegal names without asking. The context of every other request holds its name cut at `.` and `:`,
// `s0`, `s1`, … and `s_count`, and `known`: whether the resource is. Where it is: of a path `root` (`/`, `./`
// or `~/`), its components `p0`, `p1`, … and `p_count`; of a host `value`, `address` (whether it is one) and
// `port` (-1 where none is given); of a program `value` and `file`; of anything else `value`.";

/// One attribute of the context that the exported policy reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CedarValue {
    /// A `Bool`.
    Bool(bool),
    /// A `Long`.
    Long(i64),
    /// A `String`.
    String(String),
}

/// The context of a request; `None` for an illegal name, which is to be denied without asking.
///
/// A resource in which `*` stands for a set is unknown to Cedar, so it is refused by every rule with
/// a resource.
pub fn context(request: &Request<'_>) -> Option<Vec<(String, CedarValue)>> {
    let name = Name::parse(request.name).ok()?;
    let mut context = Vec::new();
    list(
        &mut context,
        "s",
        name.segments().map(String::from_utf8_lossy),
    );
    let set = request.resource.is_some_and(|text| text.contains('*'));
    let kind = ResourceKind::of(name.namespace());
    let resource = Resource::parse(kind, request.resource.filter(|_| !set));
    let known = !matches!(resource, Resource::Unknown);
    context.push(("known".to_owned(), CedarValue::Bool(known)));
    let mut text = |key: &str, value: String| {
        context.push((key.to_owned(), CedarValue::String(value)));
    };
    match &resource {
        Resource::Unknown => {}
        Resource::Text(value) => text("value", (*value).to_owned()),
        Resource::Program(program) => {
            text("value", program.canonical());
            text("file", program.file().to_owned());
        }
        Resource::Path(path) => {
            text("root", path.root_text().to_owned());
            let components = path.components().map(Into::into);
            list(&mut context, "p", components);
        }
        Resource::Host(host) => {
            let (address, port) = (host.address(), host.port());
            text("value", host.host_text());
            context.push(("address".to_owned(), CedarValue::Bool(address.is_some())));
            let port = port.map_or(-1, i64::from);
            context.push(("port".to_owned(), CedarValue::Long(port)));
        }
    }
    Some(context)
}

fn list<'a>(
    context: &mut Vec<(String, CedarValue)>,
    prefix: &str,
    items: impl Iterator<Item = std::borrow::Cow<'a, str>>,
) {
    let mut count = 0;
    for item in items {
        context.push((
            format!("{prefix}{count}"),
            CedarValue::String(item.into_owned()),
        ));
        count += 1;
    }
    context.push((format!("{prefix}_count"), CedarValue::Long(count)));
}

const WAITING: &str = "denies of the built-in policy wait until a resource is known; to Cedar they refuse an unknown one";

/// Writes the policy for Cedar, one `permit` or `forbid` for each rule.
pub fn export(policy: &Policy) -> CedarPolicy {
    let mut cedar = CedarPolicy::default();
    if policy.waits_for_resources() {
        cedar.lost.push(WAITING.to_owned());
    }
    for rule in policy.rules() {
        let Some(condition) = condition(rule, &mut cedar.lost) else {
            continue;
        };
        let effect = match rule.kind {
            RuleKind::Allow => "permit",
            RuleKind::Deny | RuleKind::Quarantine => "forbid",
        };
        let scope = quoted(rule.scope.as_str());
        let id = rule.id;
        let _ = write!(
            cedar.text,
            "@id(\"rule {id}\")\n@scope({scope})\n{effect} (principal, action, resource)\n\
             when {{ {condition} }};\n\n"
        );
    }
    cedar
}

/// `None` for a grant that Cedar cannot express, so that it grants nothing there.
fn condition(rule: &Rule, lost: &mut Vec<String>) -> Option<String> {
    let pattern = rule.scope.pattern()?;
    let segments: Vec<_> = pattern.segments().map(String::from_utf8_lossy).collect();
    let mut tests = sequence(
        "s",
        segments.iter().map(AsRef::as_ref),
        pattern.tail() != Tail::None,
    );
    if let Some(resource) = rule.scope.resource() {
        let deny = rule.kind != RuleKind::Allow;
        let test = match resource_test(resource, deny) {
            Ok(test) => test,
            Err(why) => {
                lost.push(format!("`{}`: {why}", rule.scope));
                if !deny {
                    return None;
                }
                "true".to_owned()
            }
        };
        // Attributes of a resource are there only where it is known.
        tests.push(match deny {
            true => format!("(!context.known || ({test}))"),
            false => format!("context.known && ({test})"),
        });
    }
    Some(tests.join(" && "))
}

fn sequence<'a>(prefix: &str, items: impl Iterator<Item = &'a str>, open: bool) -> Vec<String> {
    let items: Vec<&str> = items.collect();
    let count = items.len();
    // A name goes on with at least one segment; a path's tree holds its own root.
    let (relation, count) = match (open, prefix) {
        (false, _) => ("==", count),
        (true, "s") => (">", count),
        (true, _) => (">=", count),
    };
    let mut tests = vec![format!("context.{prefix}_count {relation} {count}")];
    for (index, item) in items.iter().enumerate().filter(|(_, item)| **item != "*") {
        tests.push(like(&format!("context.{prefix}{index}"), item));
    }
    tests
}

/// Fails with the reason when Cedar has no such test.
fn resource_test(pattern: &ResourcePattern, deny: bool) -> Result<String, &'static str> {
    match pattern {
        ResourcePattern::Text(text) => Ok(like("context.value", text)),
        ResourcePattern::Program(ProgramPattern::Name(name)) => Ok(match deny {
            true => like("context.file", name),
            false => like("context.value", name) + " && !(context.value like \"*/*\")",
        }),
        ResourcePattern::Program(ProgramPattern::Path(_)) => Err("paths of programs are left out"),
        ResourcePattern::Path(path) => path_test(path),
        ResourcePattern::Host(host) => Ok(host_test(host, deny)),
    }
}

fn path_test(path: &PathPattern) -> Result<String, &'static str> {
    let mut components: Vec<&str> = path.components().collect();
    let open = components.last() == Some(&"**");
    if open {
        components.pop();
    }
    if components.contains(&"**") {
        return Err("Cedar cannot compare what follows a `**` inside a path");
    }
    let mut tests = vec![format!("context.root == {}", quoted(path.root_text()))];
    tests.extend(sequence("p", components.into_iter(), open));
    Ok(tests.join(" && "))
}

/// True for the addresses of this machine.
const MACHINE: &str = "(context.address && (ip(context.value).isLoopback() \
    || context.value == \"0.0.0.0\" || context.value == \"::\"))";

fn host_test(pattern: &HostPattern, deny: bool) -> String {
    let host = match pattern.target() {
        TargetPattern::Any => "true".to_owned(),
        TargetPattern::Name(name) if deny && is_localhost(name) => {
            format!("(context.value == {} || {MACHINE})", quoted(name))
        }
        TargetPattern::Name(name) => format!("context.value == {}", quoted(name)),
        TargetPattern::Below(name) => {
            format!(
                "!context.address && context.value like {}",
                quoted(&format!("*.{name}"))
            )
        }
        TargetPattern::Network(address, length) => network_test(*address, *length, deny),
    };
    match (pattern.port(), deny) {
        (None, _) => host,
        (Some(port), false) => format!("{host} && context.port == {port}"),
        (Some(port), true) => {
            format!("{host} && (context.port == {port} || context.port == -1)")
        }
    }
}

fn network_test(address: IpAddr, length: u8, deny: bool) -> String {
    let network =
        format!("(context.address && ip(context.value).isInRange(ip(\"{address}/{length}\")))");
    if deny && address.is_loopback() {
        return format!(
            "({network} || {MACHINE} || context.value == \"localhost\" || context.value like \"*.localhost\")"
        );
    }
    network
}

fn like(attribute: &str, pattern: &str) -> String {
    match pattern.contains('*') {
        true => format!("{attribute} like {}", quoted(pattern)),
        false => format!("{attribute} == {}", quoted(pattern)),
    }
}

/// A string literal of Cedar; in `like`, a bare `*` is the wildcard, as in our patterns.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            _ if character.is_control() => quoted.extend(character.escape_unicode()),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicyText;

    fn shown(request: &Request<'_>) -> String {
        let context = context(request).unwrap();
        let show = |(key, value): (String, CedarValue)| match value {
            CedarValue::Bool(value) => format!("{key}={value}"),
            CedarValue::Long(value) => format!("{key}={value}"),
            CedarValue::String(value) => format!("{key}={value:?}"),
        };
        let shown: Vec<String> = context.into_iter().map(show).collect();
        shown.join(" ")
    }

    #[test]
    fn the_context_holds_the_resource_as_it_is_compared() {
        for (request, expected) in [
            (
                Request::on("filesystem.read", "/a/./b"),
                r#"s0="filesystem" s1="read" s_count=2 known=true root="/" p0="a" p1="b" p_count=2"#,
            ),
            (
                Request::on("network.connect", "https://10.1"),
                r#"s0="network" s1="connect" s_count=2 known=true value="10.0.0.1" address=true port=443"#,
            ),
            (
                Request::on("network.connect", "A.org"),
                r#"s0="network" s1="connect" s_count=2 known=true value="a.org" address=false port=-1"#,
            ),
            (
                Request::on("process.spawn", "/tmp/git"),
                r#"s0="process" s1="spawn" s_count=2 known=true value="/tmp/git" file="git""#,
            ),
            (
                Request::on("env.read", "A*"),
                r#"s0="env" s1="read" s_count=2 known=false"#,
            ),
        ] {
            assert_eq!(shown(&request), expected);
        }
        assert_eq!(context(&Request::tool("a..b")), None);
    }

    #[test]
    fn each_rule_is_one_policy_of_cedar() {
        let policy = Policy::compile(&PolicyText {
            allow: &["filesystem:read(~/a/*)".to_owned()],
            deny: &["git:**".to_owned()],
            quarantined: &[],
        });
        let cedar = export(&policy.unwrap());
        assert_eq!(cedar.lost, [""; 0]);
        assert_eq!(
            cedar.text,
            "@id(\"rule 0\")\n@scope(\"filesystem:read(~/a/*)\")\npermit (principal, action, resource)\n\
             when { context.s_count == 2 && context.s0 == \"filesystem\" && context.s1 == \"read\" && \
             context.known && (context.root == \"~/\" && context.p_count == 2 && context.p0 == \"a\") };\n\n\
             @id(\"rule 1\")\n@scope(\"git:**\")\nforbid (principal, action, resource)\n\
             when { context.s_count > 1 && context.s0 == \"git\" };\n\n"
        );
        assert_eq!(export(&Policy::builtin()).lost.first().unwrap(), WAITING);
    }
}

//! Calls with arguments: which argument carries the resource, and what a missing one means.

use crate::decision::{Decision, Request};
use crate::name::Name;
use crate::policy::Policy;
use crate::resource::ResourceKind;

/// The value of one argument, as far as a policy looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument<'a> {
    /// A text.
    Text(&'a str),
    /// A list of texts: several resources, or an argument vector.
    List(&'a [&'a str]),
    /// Anything else; as a resource it is unknown.
    Other,
}

const PATHS: [&str; 22] = [
    "path",
    "paths",
    "file",
    "files",
    "filename",
    "file_path",
    "filepath",
    "directory",
    "dir",
    "folder",
    "root",
    "source",
    "src",
    "destination",
    "dest",
    "dst",
    "target",
    "old_path",
    "new_path",
    "input",
    "output",
    "cwd",
];
const HOSTS: [&str; 9] = [
    "host", "hosts", "hostname", "url", "urls", "uri", "address", "server", "endpoint",
];
const PROGRAMS: [&str; 5] = ["command", "cmd", "argv", "program", "executable"];
const VARIABLES: [&str; 4] = ["name", "var", "variable", "key"];
const OTHERS: [&str; 3] = ["resource", "module", "library"];

/// The arguments that carry the resource, in any letter case.
fn scoped_arguments(kind: ResourceKind) -> &'static [&'static str] {
    match kind {
        ResourceKind::Path => &PATHS,
        ResourceKind::Host => &HOSTS,
        ResourceKind::Program => &PROGRAMS,
        ResourceKind::Variable => &VARIABLES,
        ResourceKind::Text => &OTHERS,
    }
}

impl Policy {
    /// Decides on a tool's call; every argument that carries a resource has to be allowed.
    ///
    /// Without such an argument the resource is unknown, so a grant with a resource refuses the
    /// call. Of a command only the program counts, and a command line in one text is not read.
    pub fn decide_call<'p>(
        &'p self,
        tool: &str,
        arguments: &[(&str, Argument<'_>)],
    ) -> Decision<'p> {
        self.judge_call(tool, arguments).1
    }

    /// The same, with the request that decided: the first one refused, or else the last one.
    pub fn judge_call<'p, 'a>(
        &'p self,
        tool: &'a str,
        arguments: &[(&str, Argument<'a>)],
    ) -> (Request<'a>, Decision<'p>) {
        let mut judged = None;
        if let Ok(name) = Name::parse(tool) {
            let kind = ResourceKind::of(name.namespace());
            let names = scoped_arguments(kind);
            let is_scoped = |name: &str| names.iter().any(|own| own.eq_ignore_ascii_case(name));
            for (_, argument) in arguments.iter().filter(|(name, _)| is_scoped(name)) {
                let next = self.judge_argument(tool, kind, *argument);
                if !next.1.allow {
                    return next;
                }
                judged = Some(next);
            }
        }
        judged.unwrap_or_else(|| self.judge(Request::tool(tool)))
    }

    fn judge_argument<'p, 'a>(
        &'p self,
        tool: &'a str,
        kind: ResourceKind,
        argument: Argument<'a>,
    ) -> (Request<'a>, Decision<'p>) {
        let resources = match &argument {
            Argument::Text(text) => std::slice::from_ref(text),
            Argument::List(list) if kind == ResourceKind::Program => {
                list.get(..1).unwrap_or_default()
            }
            Argument::List(list) => list,
            Argument::Other => &[],
        };
        let mut judged = None;
        for resource in resources {
            let next = self.judge(Request::on(tool, resource));
            if !next.1.allow {
                return next;
            }
            judged = Some(next);
        }
        judged.unwrap_or_else(|| self.judge(Request::tool(tool)))
    }

    fn judge<'p, 'a>(&'p self, request: Request<'a>) -> (Request<'a>, Decision<'p>) {
        (request, self.decide(&request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicyText;

    fn allows(allow: &str, tool: &str, arguments: &[(&str, Argument<'_>)]) -> bool {
        let policy = Policy::compile(&PolicyText {
            allow: &[allow.to_owned()],
            ..PolicyText::default()
        });
        policy.unwrap().decide_call(tool, arguments).allow
    }

    #[test]
    fn every_argument_with_a_resource_has_to_be_allowed() {
        use Argument::{List, Other, Text};
        let grant = "filesystem:copy(/data/**)";
        for (arguments, expected) in [
            (&[("path", Text("/data/a"))] as &[_], true),
            (&[("PATH", Text("/etc/a"))], false),
            (&[("src", Text("/data/a")), ("dst", Text("/etc/a"))], false),
            (&[("src", Text("/data/a")), ("dst", Text("/data/b"))], true),
            (&[("paths", List(&["/data/a", "/data/b"]))], true),
            (&[("paths", List(&["/data/a", "/etc/b"]))], false),
            (&[("paths", List(&[]))], false),
            (&[("path", Other)], false),
            (&[("path", Text(""))], false),
            (&[("mode", Text("/data/a"))], false),
            (&[], false),
        ] {
            assert_eq!(
                allows(grant, "filesystem.copy", arguments),
                expected,
                "{arguments:?}"
            );
        }
        assert!(allows("filesystem:copy", "filesystem.copy", &[]));
    }

    #[test]
    fn a_command_is_its_program_and_never_its_text() {
        use Argument::{List, Text};
        let grant = "process:spawn(git)";
        for (argument, expected) in [
            (List(&["git", "status"]), true),
            (List(&["sh", "-c", "git"]), false),
            (List(&[]), false),
            (Text("git"), true),
            (Text("git status"), false),
            (Text("git;id"), false),
            (Text("$(git)"), false),
        ] {
            let allowed = allows(grant, "process.spawn", &[("command", argument)]);
            assert_eq!(allowed, expected, "{argument:?}");
        }
    }

    #[test]
    fn hosts_and_variables_have_arguments_of_their_own() {
        use Argument::Text;
        let host = "network:fetch(example.com:443)";
        let url = [("url", Text("https://example.com/a"))];
        assert!(allows(host, "network.fetch", &url));
        assert!(!allows(
            host,
            "network.fetch",
            &[("url", Text("https://example.com.evil.org"))]
        ));
        assert!(allows(
            "env:get(HOME)",
            "env.get",
            &[("name", Text("HOME"))]
        ));
        assert!(!allows(
            "env:get(HOME)",
            "env.get",
            &[("default", Text("HOME"))]
        ));
        assert!(allows(
            "git:push(origin)",
            "git.push",
            &[("resource", Text("origin"))]
        ));
    }
}

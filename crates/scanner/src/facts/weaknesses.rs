//! Weaknesses that show in a condition: what is compared, and what is asserted.

use ruff_python_ast::{CmpOp, Expr, ExprCompare, StmtAssert, StmtWhile};

use ruff_text_size::{Ranged, TextRange};

use super::args::Args;
use super::checks::Check;
use super::interp::Interp;
use super::names::Names;
use super::origin::{Origins, Services, Sinks};
use super::scope::Function;
use super::value::{GAP, Shape, Value};
use crate::authority::without_port;

impl<'a> Interp<'a, '_> {
    /// Two values are compared: a keyed digest by `==`, or a password with a text in the code.
    pub(crate) fn compared(
        &mut self,
        compare: &'a ExprCompare,
        op: CmpOp,
        [left, right]: [&Value<'a>; 2],
    ) {
        if is_today(&self.index.names, left) && is_a_day(&self.index.names, right)
            || is_today(&self.index.names, right) && is_a_day(&self.index.names, left)
        {
            self.dated.get_or_insert(compare.range);
        }
        if !matches!(op, CmpOp::Eq | CmpOp::NotEq) {
            return;
        }
        for side in [left, right] {
            if let Some(name) = side.as_name() {
                self.digest_compared(&self.index.names.path(name), compare.range);
            }
        }
        if names_rights_in_cookie(&compare.left) {
            self.report_check(Check::RightsByCookie, compare.range, None);
        }
        if let (Expr::Name(_) | Expr::Attribute(_), [Expr::StringLiteral(_)]) =
            (&*compare.left, &*compare.comparators)
        {
            let name = super::walk::last_name(&compare.left);
            if PASSWORDS.iter().any(|word| name.contains(word)) {
                self.assigned(name, right, compare.range, false);
            }
        }
    }

    fn digest_compared(&mut self, path: &str, range: TextRange) {
        match path {
            "hmac.new().hexdigest()" | "hmac.new().digest()" => {
                self.report_check(Check::DigestCompared, range, None);
            }
            "hashlib.md5().hexdigest()" | "hashlib.sha1().hexdigest()" => {
                self.report_check(Check::WeakDigestCompared, range, None);
            }
            _ => {}
        }
    }

    /// A credential goes to a host that stands in the code: its own service's, or somebody else's.
    pub(crate) fn credential_sent(
        &mut self,
        services: Services,
        args: &Args<'a>,
        range: TextRange,
    ) {
        let addresses = [args.at(0), args.at(1), args.keyword("url")];
        for address in addresses.into_iter().flatten() {
            let Some(host) = address.as_gapped().and_then(super::effects::host_of) else {
                continue;
            };
            let host = without_port(&host);
            let is_public = host.rsplit_once('.').is_some_and(|(_, last)| {
                last.bytes().all(|byte| byte.is_ascii_alphabetic())
                    && !["local", "internal", "lan", "corp", "test", "localhost"].contains(&last)
            });
            if is_public && services.are_foreign_to(host) {
                let shown = Some(format!("sent to `{host}`"));
                self.report_check(Check::ForeignCredential, range, shown);
            }
        }
    }

    /// `session.headers["Authorization"] = token`: every request of the session carries it.
    pub(crate) fn carries_credential(&mut self, target: &'a Expr, value: &Value<'a>) {
        if value.from.meets(Origins::CREDENTIAL.union(Origins::SECRET))
            && let Expr::Attribute(headers) = target
            && ["headers", "cookies", "auth"].contains(&headers.attr.as_str())
            && let Expr::Name(session) = &*headers.value
        {
            self.sessions.insert(&session.id);
        }
    }

    /// Such a session asks an address that an agent passes on, which a page may have told it.
    pub(crate) fn credential_follows(
        &mut self,
        target: Option<&'a Expr>,
        args: &Args<'a>,
        range: TextRange,
    ) {
        if self.sessions.is_empty() {
            return;
        }
        let Some(Expr::Name(session)) = target else {
            return;
        };
        let leads = |value: &&Value<'a>| {
            value.from.meets(Origins::TOOL)
                && value.safe != Sinks::ALL
                && !value
                    .as_gapped()
                    .is_some_and(super::sanitizers::names_its_host)
        };
        let address = args.at(0).or_else(|| args.keyword("url"));
        if self.sessions.contains(&session.id.as_str()) && address.filter(leads).is_some() {
            self.report_check(Check::CredentialFollows, range, None);
        }
    }

    /// `users.filter(…).update(**request.json)`, `user.__dict__.update(request.json)`: the sender names the fields.
    pub(crate) fn fields_named(
        &mut self,
        args: &Args<'a>,
        target: Option<&'a Expr>,
        range: TextRange,
    ) {
        let sent = |value: &Value<'a>| value.from.meets(Origins::WEB) && value.safe != Sinks::ALL;
        let is_record = target
            .and_then(Expr::as_attribute_expr)
            .is_some_and(|target| &target.attr == "__dict__");
        if args.rest.as_ref().is_some_and(sent) || is_record && args.at(0).is_some_and(sent) {
            self.report_check(Check::MassAssignment, range, None);
        }
    }

    /// `["git", "fetch", remote]` where whoever asks names the remote: `--upload-pack=…` is one as well.
    pub(crate) fn options_given(&mut self, args: &Args<'a>, range: TextRange) {
        const PROGRAMS: [&str; 16] = [
            "git", "hg", "svn", "ssh", "scp", "rsync", "curl", "wget", "tar", "find", "zip", "sed",
            "docker", "kubectl", "pip", "npm",
        ];
        let Some(Shape::List(words)) = args.at(0).map(|list| &list.shape) else {
            return;
        };
        let program = words.first().and_then(Value::as_text).unwrap_or("");
        let program = program.rsplit('/').next().unwrap_or(program);
        if !PROGRAMS.contains(&program) {
            return;
        }
        let asked = Origins::TOOL.union(Origins::WEB);
        let words = words.iter().take(64);
        let before = words.take_while(|word| word.as_text() != Some("--"));
        let mut takes_value = false;
        for word in before {
            let known = word.as_gapped().and_then(|text| text.split(GAP).next());
            let may_be_option = known.is_none_or(str::is_empty) && !takes_value;
            if may_be_option && word.from.meets(asked) && word.safe != Sinks::ALL {
                self.report_check(Check::OptionsGiven, range, Some(format!("`{program}`")));
                return;
            }
            takes_value = known.is_some_and(|word| word.starts_with('-') && !word.contains('='));
        }
    }

    /// A session, which programs trust, is given what a request brings.
    pub(crate) fn kept_in_session(
        &mut self,
        session: &Value<'a>,
        key: &Value<'a>,
        value: &Value<'a>,
        range: TextRange,
    ) {
        let brought = |part: &Value<'a>| part.from.meets(Origins::WEB) && part.safe != Sinks::ALL;
        if (brought(key) || brought(value))
            && let Some(name) = session.as_name()
            && ["flask.session", "quart.session"].contains(&self.index.names.path(name).as_str())
        {
            self.report_check(Check::SessionFed, range, None);
        }
    }

    /// Something private is put into a record on its way to a log.
    pub(crate) fn added_to_record(&mut self, object: &Expr, value: &Value<'a>, range: TextRange) {
        if !value.from.meets(Origins::PRIVATE) {
            return;
        }
        let name = super::walk::first_name(object).unwrap_or("");
        if ["record", "rec", "log_record"].contains(&name) {
            self.logged_secret.get_or_insert(range);
        }
    }

    /// What a formatter or an adapter gives back is what is logged.
    pub(crate) fn given_to_log(&mut self, value: &Value<'a>, range: TextRange) {
        if !value.from.meets(Origins::PRIVATE) {
            return;
        }
        let method = self.function_at_hand();
        let method = method.filter(|function| function.class.is_some());
        let name = (method.and_then(Function::definition)).map_or("", |def| def.name.as_str());
        if ["format", "process"].contains(&name) {
            self.logged_secret.get_or_insert(range);
        }
    }

    /// `while left < right:` where the body gives neither of the two another value, and never leaves.
    pub(crate) fn never_ends(&mut self, while_: &'a StmtWhile) {
        let Expr::Compare(compare) = &*while_.test else {
            return;
        };
        let sides = std::iter::once(&*compare.left).chain(&compare.comparators);
        let mut names = Vec::new();
        for side in sides {
            match side {
                Expr::Name(name) if self.scope.names.borrow().contains_key(name.id.as_str()) => {
                    names.push(name.id.as_str());
                }
                Expr::NumberLiteral(_) => {}
                _ => return,
            }
        }
        if !self.calls.is_empty()
            && !names.is_empty()
            && !super::walk::may_change(&while_.body, &names)
        {
            self.report_check(Check::EndlessLoop, while_.test.range(), None);
        }
    }

    /// `assert user.is_admin`: with `python -O` nobody asks.
    pub(crate) fn asserted(&mut self, assert: &'a StmtAssert) {
        let is_test = |name: &str| name.starts_with("test") || name.starts_with("assert");
        let def = self.function_at_hand().and_then(Function::definition);
        if def.is_none_or(|def| is_test(&def.name)) {
            return;
        }
        let asks = |expr: &Expr| {
            let said = super::walk::own_name(expr).or_else(|| super::walk::literal(expr));
            said.is_some_and(|said| RIGHTS.contains(&said))
        };
        if super::walk::any(&assert.test, &asks) {
            self.report_check(Check::RightsAsserted, assert.range, None);
        }
    }
}

/// `request.cookies.get("is_admin")`, `request.cookies["role"]`.
fn names_rights_in_cookie(expr: &Expr) -> bool {
    const WORDS: [&str; 6] = ["admin", "role", "staff", "auth", "logged_in", "premium"];
    let (cookies, key) = match expr {
        Expr::Call(call) => match (&*call.func, call.arguments.args.first()) {
            (Expr::Attribute(get), Some(key)) if &get.attr == "get" => (&get.value, key),
            _ => return false,
        },
        Expr::Subscript(item) => (&item.value, &*item.slice),
        _ => return false,
    };
    ["cookies", "COOKIES"].contains(&super::walk::last_name(cookies))
        && key.as_string_literal_expr().is_some_and(|key| {
            let key = key.value.to_str().to_ascii_lowercase();
            WORDS.iter().any(|word| key.contains(word)) && !key.contains("token")
        })
}

/// Whether a value is the day or the time at which the program runs.
fn is_today(names: &Names, value: &Value<'_>) -> bool {
    const NOW: [&str; 6] = [
        "datetime.date.today()",
        "datetime.datetime.now()",
        "datetime.datetime.today()",
        "datetime.datetime.utcnow()",
        "datetime.datetime.now().date()",
        "time.time()",
    ];
    value
        .as_name()
        .is_some_and(|name| NOW.contains(&names.path(name).as_str()))
}

/// Whether a value is a day that stands in the code: seconds since 1970 are one from 2017 on.
fn is_a_day(names: &Names, value: &Value<'_>) -> bool {
    const FIRST: i64 = 1_500_000_000;
    let known = value.from.is_empty();
    value.as_int().is_some_and(|seconds| seconds > FIRST)
        || known
            && value.as_name().is_some_and(|name| {
                [
                    "datetime.date()",
                    "datetime.datetime()",
                    "datetime.datetime.fromisoformat()",
                    "datetime.date.fromisoformat()",
                    "datetime.datetime.strptime()",
                ]
                .contains(&names.path(name).as_str())
            })
}

/// Words in the names of passwords.
const PASSWORDS: &[&str] = &["passw", "pwd", "secret", "api_key", "pw"];

/// Names by which programs ask who somebody is and what he may do.
const RIGHTS: &[&str] = &[
    "is_admin",
    "is_staff",
    "is_superuser",
    "is_authenticated",
    "is_authorized",
    "is_owner",
    "has_perm",
    "has_permission",
    "has_role",
    "check_permission",
    "authorized",
    "logged_in",
];

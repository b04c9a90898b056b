//! Routes of a web application that change something, and whether they are guarded as their neighbours are.

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Decorator, Expr, StmtFunctionDef};
use ruff_text_size::TextRange;

use super::checks::Check;
use super::interp::Interp;
use super::walk::last_name;

/// Words in the names of decorators that ask who somebody is.
const GUARDS: [&str; 9] = [
    "auth",
    "login",
    "admin",
    "permission",
    "require",
    "role",
    "protect",
    "jwt",
    "staff",
];
/// Words in the names of what does so inside a function.
const ASKED: [&str; 13] = [
    "auth",
    "login",
    "permission",
    "require",
    "current_user",
    "is_admin",
    "jwt",
    "token",
    "verif",
    "signature",
    "identity",
    "forbidden",
    "owner",
];
/// What everybody may do who is nobody yet, or who proves it otherwise.
const PUBLIC: [&str; 11] = [
    "login", "logout", "regist", "signup", "sign_up", "webhook", "callback", "reset", "forgot",
    "refresh", "confirm",
];
/// Words of routes whose `POST` changes what others own.
const GRAVE: [&str; 8] = [
    "admin",
    "role",
    "permission",
    "delete",
    "remove",
    "grant",
    "promote",
    "ban",
];

/// The routes of a file, as far as they were seen.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    guarded: bool,
    open: Vec<TextRange>,
}

impl<'a> Interp<'a, '_> {
    /// Remembers a function behind a route.
    pub(crate) fn routed(&mut self, def: &'a StmtFunctionDef) {
        let guards =
            |each: &&Decorator| !each.expression.is_call_expr() || !is_route(&each.expression);
        let guarded = (def.decorator_list.iter().filter(guards))
            .any(|each| speaks_of(last_name(&each.expression), &GUARDS));
        if guarded {
            self.routes.guarded = true;
            return;
        }
        let changes = (def.decorator_list.iter()).any(|each| changes(&each.expression));
        let depends = def.parameters.iter_non_variadic_params().any(|each| {
            let given = each.default.as_deref().into_iter().chain(each.annotation());
            given.into_iter().any(asks)
        });
        if changes && !depends && !speaks_of(&def.name, &PUBLIC) && !asks_inside(def) {
            self.routes.open.push(def.name.range);
        }
    }

    /// A route that is open where others of the file are guarded was forgotten.
    pub(crate) fn open_routes(&mut self) {
        let routes = std::mem::take(&mut self.routes);
        if routes.guarded {
            for range in routes.open {
                self.report_check(Check::OpenRoute, range, None);
            }
        }
    }
}

fn speaks_of(name: &str, words: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    words.iter().any(|word| name.contains(word))
}

fn is_route(decorator: &Expr) -> bool {
    super::definitions::ROUTES.contains(&last_name(decorator))
}

/// `@app.delete(…)`, `@app.route(…, methods=["PUT"])`, and `POST` where the address says that it is grave.
fn changes(decorator: &Expr) -> bool {
    let Expr::Call(call) = decorator else {
        return false;
    };
    let mut texts = Texts::default();
    texts.visit_expr(decorator);
    let methods = texts.0.iter().map(|text| text.to_ascii_lowercase());
    let named = std::iter::once(last_name(&call.func).to_owned()).chain(methods);
    let grave = (call.arguments.args.first())
        .and_then(Expr::as_string_literal_expr)
        .is_some_and(|path| speaks_of(path.value.to_str(), &GRAVE));
    named.into_iter().any(|method| match method.as_str() {
        "delete" | "put" | "patch" => is_route(decorator),
        "post" => is_route(decorator) && grave,
        _ => false,
    })
}

/// The constant texts of an expression.
#[derive(Default)]
struct Texts<'a>(Vec<&'a str>);

impl<'a> Visitor<'a> for Texts<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::StringLiteral(text) = expr {
            self.0.push(text.value.to_str());
        }
        walk_expr(self, expr);
    }
}

/// Whether names in a piece of code speak of who asks.
#[derive(Default)]
struct Asks(bool);

impl<'a> Visitor<'a> for Asks {
    fn visit_expr(&mut self, expr: &'a Expr) {
        let name = match expr {
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            Expr::Name(name) => name.id.as_str(),
            _ => "",
        };
        let refuses = match expr {
            Expr::NumberLiteral(number) => number
                .value
                .as_int()
                .is_some_and(|number| matches!(number.as_u16(), Some(401 | 403))),
            _ => false,
        };
        self.0 |= refuses || speaks_of(name, &ASKED);
        walk_expr(self, expr);
    }
}

fn asks(expr: &Expr) -> bool {
    let mut asks = Asks::default();
    asks.visit_expr(expr);
    asks.0 || matches!(last_name(expr), "Depends" | "Security")
}

fn asks_inside(def: &StmtFunctionDef) -> bool {
    let mut asks = Asks::default();
    asks.visit_body(&def.body);
    asks.0
}

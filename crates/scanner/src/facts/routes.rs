//! Routes of a web application that change something, and whether they are guarded as their neighbours are.

use ruff_python_ast::{Expr, StmtFunctionDef};
use ruff_text_size::TextRange;

use super::checks::Check;
use super::interp::Interp;
use super::walk::{any, any_in, last_name, literal, own_name};

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
        let guarded =
            (def.decorator_list.iter()).any(|each| speaks_of(last_name(&each.expression), &GUARDS));
        if guarded {
            self.routes.guarded = true;
            return;
        }
        let changes = (def.decorator_list.iter()).any(|each| changes(&each.expression));
        let depends = def.parameters.iter_non_variadic_params().any(|each| {
            let given = each.default.as_deref().into_iter().chain(each.annotation());
            given.into_iter().any(asks)
        });
        if changes
            && !depends
            && !speaks_of(&def.name, &PUBLIC)
            && !any_in(&def.body, &asks_or_refuses)
        {
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

/// `@app.delete(…)`, `@app.route(…, methods=["PUT"])`, and `POST` where the address says that it is grave.
fn changes(decorator: &Expr) -> bool {
    let Expr::Call(call) = decorator else {
        return false;
    };
    if !super::definitions::ROUTES.contains(&last_name(decorator)) {
        return false;
    }
    let path = call.arguments.args.first().and_then(literal);
    let grave = path.is_some_and(|path| speaks_of(path, &GRAVE));
    let changing = |method: &str| match method.to_ascii_lowercase().as_str() {
        "delete" | "put" | "patch" => true,
        "post" => grave,
        _ => false,
    };
    changing(last_name(&call.func)) || any(decorator, &|expr| literal(expr).is_some_and(changing))
}

/// Whether an expression speaks of who asks, or refuses.
fn asks_or_refuses(expr: &Expr) -> bool {
    let refuses = match expr {
        Expr::NumberLiteral(number) => number
            .value
            .as_int()
            .is_some_and(|number| matches!(number.as_u16(), Some(401 | 403))),
        _ => false,
    };
    refuses || own_name(expr).is_some_and(|name| speaks_of(name, &ASKED))
}

fn asks(expr: &Expr) -> bool {
    matches!(last_name(expr), "Depends" | "Security") || any(expr, &asks_or_refuses)
}

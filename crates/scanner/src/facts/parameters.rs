//! What a parameter may be when nothing is known of the caller.

use ruff_python_ast::{Expr, Parameters};

use super::interp::Interp;
use super::join::join;
use super::origin::{Origins, Sinks};
use super::scope::Function;
use super::value::{Shape, Value};
use super::words::{Words, compile};

impl<'a> Interp<'a, '_> {
    /// What a parameter may be when nothing is known of the caller.
    pub(crate) fn assumed(
        &mut self,
        parameter: &'a ruff_python_ast::Parameter,
        default: Option<&Value<'a>>,
        public: Origins,
    ) -> Value<'a> {
        let annotation = parameter.annotation().map_or("", type_name);
        let harmless = [
            "int", "float", "bool", "date", "datetime", "Decimal", "UUID", "Literal",
        ]
        .contains(&annotation);
        let from = if harmless {
            Origins::INNER
        } else {
            public.union(Origins::INNER)
        };
        let mut value = Value::tainted(from);
        if harmless {
            value.safe = Sinks::ALL;
        }
        if KEYS.are_in(&parameter.name.id) {
            value = value.from(Origins::SECRET);
        } else if PASSWORDS.are_in(&parameter.name.id) {
            value = value.from(Origins::CREDENTIAL);
            let drawn = ["token", "key"]
                .iter()
                .any(|word| parameter.name.id.contains(word));
            if let Some(hash) = self.index.hash.filter(|_| drawn) {
                // A fast hash is no weakness where nobody can guess.
                value.safe = value.safe.union(Sinks(1 << hash));
            }
        }
        if parameter.name.id == "request"
            || annotation.ends_with("Request")
            || annotation == "UploadFile"
        {
            value = value.from(Origins::WEB);
        }
        if let Some(module) = MODULES.iter().find(|module| **module == parameter.name.id)
            && default.is_none()
            && annotation.is_empty()
            && let Some(module) = self.index.names.find(module)
        {
            value.shape = Shape::Name(module);
        }
        match default {
            Some(default)
                if default.as_name().is_some()
                    || matches!(default.shape, Shape::Function(_))
                    || default.as_text().is_some_and(|text| text.contains("://")) =>
            {
                join(value, default.clone())
            }
            _ => {
                if annotation == "Path" {
                    let path = self.index.names.find("pathlib.Path()");
                    value.shape = path.map_or(Shape::Unknown, Shape::Name);
                }
                value
            }
        }
    }

    /// Whether this is a fixture of tests, whose `request` is none of the web.
    pub(crate) fn is_fixture(&self) -> bool {
        let def = self.function_at_hand().and_then(Function::definition);
        let mut decorators = def.map_or(&[][..], |def| &def.decorator_list).iter();
        decorators.any(|decorator| super::walk::last_name(&decorator.expression) == "fixture")
    }
}

/// The name of a type; of `Annotated[int, …]` and `int | None` it is that of the type that values have.
fn type_name(annotation: &Expr) -> &str {
    let mut at = annotation;
    loop {
        at = match at {
            Expr::Subscript(item) => match (super::walk::last_name(&item.value), &*item.slice) {
                ("Annotated", Expr::Tuple(parts)) => match parts.elts.first() {
                    Some(first) => first,
                    None => return "",
                },
                ("Optional", part) => part,
                (name, _) => return name,
            },
            Expr::BinOp(either) if either.right.is_none_literal_expr() => &either.left,
            _ => return super::walk::last_name(at),
        }
    }
}

/// Whether parameters are those of a function that a cloud calls: an event and its context.
pub(crate) fn is_cloud_function(parameters: &Parameters) -> bool {
    let names = parameters
        .args
        .iter()
        .map(|each| each.parameter.name.as_str());
    names.eq(["event", "context"])
}

/// Words in the names of parameters that hold what nothing may send on.
static KEYS: Words = Words::new(|| {
    compile(&[
        "private_key",
        "privatekey",
        "privkey",
        "mnemonic",
        "seed_phrase",
    ])
});

/// Parameters of these names are taken to be what the names say.
const MODULES: &[&str] = &[
    "os",
    "sys",
    "subprocess",
    "builtins",
    "ctypes",
    "importlib",
    "pty",
];

/// Words in the names of parameters that hold credentials.
static PASSWORDS: Words = Words::new(|| {
    compile(&[
        "passw", "passwd", "pwd", "secret", "token", "api_key", "apikey",
    ])
});

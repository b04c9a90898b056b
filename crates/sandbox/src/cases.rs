//! Calls made up from signatures, type hints, defaults and docstring examples; always the same for the same skill.

use std::time::Duration;

use skillgate_model::{CaseOutcome, CaseResult};

use crate::harness::{Function, Module, Parameter};
use crate::property::{Kind, Trials};

/// Files that generated calls may name, planted before the skill starts.
pub(crate) const SAMPLES: [(&str, &str); 6] = [
    (
        "/tmp/sample/sample.txt",
        "Sample text, first line.\nSecond line, 42 apples.\n",
    ),
    ("/tmp/sample/sample.csv", "name,count\nsample,3\nother,5\n"),
    (
        "/tmp/sample/sample.json",
        "{\"name\": \"sample\", \"items\": [1, 2, 3]}\n",
    ),
    (
        "/tmp/sample/sample.md",
        "# Sample\n\nText with a [link](https://sample.invalid/).\n",
    ),
    (
        "/tmp/sample/sample.log",
        "2024-01-31 12:00:00 ERROR sample failed\n2024-01-31 12:00:01 INFO ok\n",
    ),
    ("/tmp/sample/sample.py", "def sample():\n    return 1\n"),
];

/// Every made-up name contains this, so that an effect that only repeats an argument is told apart.
pub(crate) const MARK: &str = "sample";

/// One call to make.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Case {
    pub(crate) module: String,
    pub(crate) target: String,
    pub(crate) arguments: String,
    pub(crate) source: &'static str,
    pub(crate) expression: String,
    /// Docstring examples up to the one that is judged.
    pub(crate) examples: Vec<String>,
    /// A file to run as a program instead.
    pub(crate) script: Option<String>,
    pub(crate) argv: Vec<String>,
    /// What the last example must print; it never enters the jail.
    expected: Option<String>,
    pub(crate) step: Step,
    /// The expression with a mark where the arguments stand.
    template: String,
}

/// Stands for the arguments in a template; no name of Python contains it.
const ARGUMENTS: &str = "\u{1}";

/// What the outcome of a call is for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// It stands for itself.
    Once,
    /// It stands for itself, and is made once more.
    Twice,
    /// It is held against the result at this place, which had this outcome.
    Again { place: usize, before: String },
    /// It is one of several with arguments made at random.
    Trial(Box<Trials>),
    /// It is made under a date of its own, for what it tries; its result says nothing.
    On(Duration),
}

/// How often the process that makes a call once more makes it.
const REPETITIONS: u32 = 3;

impl Case {
    pub(crate) fn result(&self, outcome: CaseOutcome, detail: String) -> CaseResult {
        CaseResult {
            target: self.target.clone(),
            arguments: self.arguments.chars().take(400).collect(),
            source: self.source.to_owned(),
            outcome,
            detail: detail.chars().take(2000).collect(),
            repeated: None,
        }
    }

    /// How often the process that makes this call makes it.
    pub(crate) const fn times(&self) -> u32 {
        match self.step {
            Step::Again { .. } => REPETITIONS,
            Step::Once | Step::Twice | Step::Trial(_) | Step::On(_) => 1,
        }
    }

    /// The same call once more, in a new process and there several times.
    pub(crate) fn again(&self, place: usize, before: String) -> Self {
        Self {
            step: Step::Again { place, before },
            ..self.clone()
        }
    }

    /// The same call with the clock that far ahead.
    pub(crate) fn on(&self, ahead: Duration) -> Self {
        Self {
            step: Step::On(ahead),
            ..self.clone()
        }
    }

    /// The next call of the same trials.
    pub(crate) fn trial(&self, trials: Box<Trials>) -> Self {
        let arguments = trials.arguments();
        Self {
            expression: self.template.replace(ARGUMENTS, &arguments),
            arguments,
            step: Step::Trial(trials),
            ..self.clone()
        }
    }

    /// Compares what came back with what was expected, outside the jail.
    pub(crate) fn judge(&self, outcome: &str, detail: &str) -> (CaseOutcome, String) {
        match (outcome, &self.expected) {
            ("returned", Some(expected)) if !agrees(expected, detail) => (
                CaseOutcome::Mismatched,
                format!("expected {expected:?}, got {detail:?}"),
            ),
            ("returned", _) => (CaseOutcome::Returned, detail.to_owned()),
            ("raised", _) => (CaseOutcome::Raised, detail.to_owned()),
            _ => (CaseOutcome::Missing, detail.to_owned()),
        }
    }
}

/// Whether an example printed what its docstring says, with `...` standing for anything.
fn agrees(expected: &str, printed: &str) -> bool {
    let tidy = |text: &str| {
        let text = text.replace("<BLANKLINE>", "");
        text.lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n")
            .trim_end()
            .to_owned()
    };
    let (expected, printed) = (tidy(expected), tidy(printed));
    if expected.starts_with("Traceback") {
        return expected.lines().last().map(str::trim) == printed.lines().last().map(str::trim);
    }
    // The harness cuts long output.
    if printed.ends_with("...") && printed.len() >= 2000 {
        return expected.starts_with(printed.trim_end_matches('.'));
    }
    let mut rest = printed.as_str();
    let mut parts = expected.split("...").peekable();
    let Some(Some(after)) = parts.next().map(|first| rest.strip_prefix(first)) else {
        return false;
    };
    rest = after;
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = rest.get(at + part.len()..).unwrap_or("");
    }
    rest.is_empty()
}

/// Every call for one module.
pub(crate) fn of_module(module: &Module, functions: &[Function]) -> Vec<Case> {
    let mut cases: Vec<Case> = functions
        .iter()
        .flat_map(|function| of_function(module, function))
        .collect();
    if module.script {
        for argv in [vec![], vec!["/tmp/sample/sample.txt".to_owned()]] {
            let mut words = vec![module.path.clone()];
            words.extend(argv);
            cases.push(Case {
                script: Some(module.path.clone()),
                arguments: words.get(1..).unwrap_or_default().join(" "),
                argv: words,
                ..case(module, "__main__", String::new(), "script")
            });
        }
    }
    cases
}

fn case(module: &Module, name: &str, arguments: String, source: &'static str) -> Case {
    Case {
        module: module.name.clone(),
        target: format!("{}.{name}", module.name),
        arguments,
        source,
        expression: String::new(),
        examples: Vec::new(),
        script: None,
        argv: Vec::new(),
        expected: None,
        step: Step::Once,
        template: String::new(),
    }
}

fn of_function(module: &Module, function: &Function) -> Vec<Case> {
    let mut cases = Vec::new();
    let required = |parameter: &&Parameter| !parameter.2;
    let hinted = function
        .parameters
        .iter()
        .filter(required)
        .any(|parameter| !parameter.1.is_empty());
    let source = match (
        function.parameters.iter().any(|parameter| !parameter.2),
        hinted,
    ) {
        (false, _) => "default",
        (true, true) => "hint",
        (true, false) => "signature",
    };
    for variant in 0..2 {
        let arguments = arguments(&function.parameters, variant);
        if cases.iter().any(|case: &Case| case.arguments == arguments) {
            continue;
        }
        let step = if variant == 0 {
            Step::Twice
        } else {
            Step::Once
        };
        cases.push(Case {
            expression: expression(function, &arguments),
            step,
            ..case(module, &function.name, arguments, source)
        });
    }
    cases.extend(examples(module, function));
    cases.extend(proposed(module, function));
    cases.extend(trial(module, function));
    cases
}

/// The calls that somebody proposes for this function.
fn proposed(module: &Module, function: &Function) -> Vec<Case> {
    let is_meant = |target: &str| {
        let name = target.strip_suffix(function.name.as_str());
        name.is_some_and(|before| {
            before.is_empty() || before.strip_suffix('.') == Some(module.name.as_str())
        })
    };
    let meant = module
        .proposals
        .iter()
        .filter(|proposal| is_meant(&proposal.target));
    let case = |proposal: &crate::Proposal| Case {
        expression: expression(function, &proposal.arguments),
        ..case(module, &function.name, proposal.arguments.clone(), "model")
    };
    meant.map(case).collect()
}

/// The call as Python writes it.
fn expression(function: &Function, arguments: &str) -> String {
    match (function.name.split_once('.'), &function.init) {
        (Some((class, method)), Some(init)) => {
            let init = self::arguments(init, 0);
            format!("{class}({init}).{method}({arguments})")
        }
        _ => format!("{}({arguments})", function.name),
    }
}

/// The first call with arguments made at random, where every required one has a type that values can be made of.
fn trial(module: &Module, function: &Function) -> Option<Case> {
    let required = || {
        let parameters = function.parameters.iter();
        parameters.filter(|parameter| !parameter.2)
    };
    let kind = |Parameter(name, hint, ..): &Parameter| {
        // A name that says what kind of text it wants gets that kind.
        if hint == "str" && value(name, hint, 0) != value("", hint, 0) {
            return Some(Kind::Fixed(value(name, hint, 0)));
        }
        Kind::parse(hint)
    };
    let kinds = required().map(kind).collect::<Option<Vec<_>>>()?;
    let names = required().map(|Parameter(name, _, _, kind)| {
        if kind == "keyword" {
            format!("{name}=")
        } else {
            String::new()
        }
    });
    let seed = format!("{}.{}", module.name, function.name);
    let trials = Box::new(Trials::new(&seed, kinds, names.collect())?);
    let arguments = trials.arguments();
    Some(Case {
        expression: expression(function, &arguments),
        template: expression(function, ARGUMENTS),
        step: Step::Trial(trials),
        ..case(module, &function.name, arguments, "property")
    })
}

/// Whether two outcomes are the same for a reader: addresses differ between processes, and so does the order of sets.
pub fn alike(one: &str, other: &str) -> bool {
    let plain = |text: &str| {
        let mut letters: Vec<char> = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("0x") {
            letters.extend(before.chars());
            rest = after.trim_start_matches(|char: char| char.is_ascii_hexdigit());
        }
        letters.extend(rest.chars());
        letters.sort_unstable();
        letters
    };
    one == other || plain(one) == plain(other)
}

/// The required arguments as Python writes them.
fn arguments(parameters: &[Parameter], variant: usize) -> String {
    let required = parameters.iter().filter(|parameter| !parameter.2);
    let written = required.map(|Parameter(name, hint, _, kind)| {
        let value = value(name, hint, variant);
        if kind == "keyword" {
            format!("{name}={value}")
        } else {
            value
        }
    });
    written.collect::<Vec<_>>().join(", ")
}

/// A value for a parameter: by its type hint, else by its name; the second variant is an edge of the same type.
fn value(name: &str, hint: &str, variant: usize) -> String {
    let hint = hint
        .to_ascii_lowercase()
        .replace("typing.", "")
        .replace("collections.abc.", "");
    let hint = hint
        .strip_prefix("optional[")
        .map_or(hint.as_str(), |inner| inner.trim_end_matches(']'));
    let first = hint.split('|').next().unwrap_or(hint).trim();
    let base = first.split('[').next().unwrap_or(first);
    let inner = first
        .split_once('[')
        .map_or("", |(_, inner)| inner.strip_suffix(']').unwrap_or(inner));
    let pick = |plain: &str, edge: &str| {
        if variant == 0 {
            plain.to_owned()
        } else {
            edge.to_owned()
        }
    };
    match base {
        "int" => pick(if name.contains("port") { "443" } else { "3" }, "0"),
        "float" | "decimal" | "number" => pick("1.5", "0.0"),
        "bool" => pick("True", "False"),
        "bytes" | "bytearray" => pick("b'Sample bytes'", "b''"),
        "str" | "anystr" => {
            let named = by_name(name, variant);
            if named.starts_with('\'') {
                named
            } else {
                pick("'sample text'", "''")
            }
        }
        "path" | "pathlib.path" | "purepath" => {
            format!("__import__('pathlib').Path({})", path(name))
        }
        "list" | "sequence" | "iterable" | "collection" | "iterator" => {
            let element = if inner.is_empty() {
                pick("3", "0")
            } else {
                value(name, inner, 0)
            };
            pick(&format!("[{element}, {element}]"), "[]")
        }
        "set" | "frozenset" => pick("{3, 5}", "set()"),
        "tuple" => {
            let parts: Vec<_> = inner
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty() && *part != "...")
                .collect();
            let values: Vec<_> = parts
                .iter()
                .map(|part| value(name, part, variant))
                .collect();
            if values.is_empty() {
                "(3, 5)".to_owned()
            } else {
                format!("({},)", values.join(", "))
            }
        }
        "dict" | "mapping" | "mutablemapping" | "defaultdict" => {
            let element = inner.split_once(',').map_or_else(
                || "'value'".to_owned(),
                |(_, item)| value("value", item.trim(), 0),
            );
            pick(&format!("{{'sample': {element}}}"), "{}")
        }
        "callable" => "(lambda *a, **k: None)".to_owned(),
        "datetime" | "datetime.datetime" => {
            "__import__('datetime').datetime(2024, 1, 31)".to_owned()
        }
        "date" | "datetime.date" => "__import__('datetime').date(2024, 1, 31)".to_owned(),
        "literal" => first
            .split_once('[')
            .map_or_else(|| "None".to_owned(), |_| literal(inner)),
        _ => by_name(name, variant),
    }
}

/// The first value of a `Literal[…]`; only plain words and numbers are taken over from the skill's text.
fn literal(inner: &str) -> String {
    let first = inner.split(',').next().unwrap_or("").trim();
    let plain = first.trim_matches(['\'', '"']);
    let word = plain
        .chars()
        .all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.'));
    match (word, plain.parse::<i64>()) {
        (true, Ok(number)) => number.to_string(),
        (true, Err(_)) => format!("'{plain}'"),
        (false, _) => "None".to_owned(),
    }
}

fn by_name(name: &str, variant: usize) -> String {
    let name = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let (plain, edge) = match () {
        () if has(&["url", "uri", "link", "endpoint", "webhook"]) => {
            ("'https://sample.invalid/'", "''")
        }
        () if has(&["host", "server", "domain"]) => ("'sample.invalid'", "''"),
        () if has(&["email"]) => ("'sample@sample.invalid'", "''"),
        () if has(&[
            "path", "file", "dir", "folder", "src", "dest", "output", "input",
        ]) =>
        {
            return if variant == 0 {
                path(&name)
            } else {
                "'/tmp/sample/absent'".to_owned()
            };
        }
        () if has(&["port"]) => ("443", "0"),
        () if has(&["date", "day"]) => ("'2024-01-31'", "''"),
        () if has(&[
            "count", "limit", "size", "num", "index", "width", "height", "max", "min", "length",
            "seconds",
        ]) || matches!(name.as_str(), "n" | "i" | "k" | "x" | "y" | "a" | "b" | "c") =>
        {
            ("3", "0")
        }
        () if has(&["items", "values", "numbers", "list", "seq", "array"]) => ("[3, 1, 2]", "[]"),
        () if has(&["rows", "records"]) => ("[{'name': 'sample', 'count': 3}]", "[]"),
        () if has(&[
            "config", "options", "params", "settings", "mapping", "dict", "headers", "kwargs",
        ]) =>
        {
            ("{'sample': 'value'}", "{}")
        }
        () if has(&["json"]) => ("'{\"sample\": 1}'", "'{}'"),
        () if has(&["csv"]) => ("'name,count\\nsample,3\\n'", "''"),
        () if has(&["pattern", "regex"]) => ("'[a-z]+'", "''"),
        () if has(&["func", "callback", "fn", "handler"]) => ("(lambda *a, **k: None)", "None"),
        () if has(&["flag", "verbose", "dry", "force"]) => ("False", "True"),
        () if has(&["expr", "formula"]) => ("'1 + 1'", "''"),
        () => ("'sample text'", "''"),
    };
    if variant == 0 {
        plain.to_owned()
    } else {
        edge.to_owned()
    }
}

/// A planted file that fits the name.
fn path(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let path = match () {
        () if has(&["out", "dest", "target"]) => "/tmp/sample/out.txt",
        () if has(&["dir", "folder", "root"]) => "/tmp/sample",
        () if has(&["csv"]) => "/tmp/sample/sample.csv",
        () if has(&["json", "config"]) => "/tmp/sample/sample.json",
        () if has(&["md", "markdown"]) => "/tmp/sample/sample.md",
        () if has(&["log"]) => "/tmp/sample/sample.log",
        () if has(&["db", "database", "sqlite"]) => "/tmp/sample/sample.db",
        () => "/tmp/sample/sample.txt",
    };
    format!("'{path}'")
}

/// One case for each docstring example that says what it prints.
fn examples(module: &Module, function: &Function) -> Vec<Case> {
    let mut found = Vec::new();
    let mut before: Vec<String> = Vec::new();
    let mut lines = function.doc.lines().peekable();
    while let Some(line) = lines.next() {
        let indent = line.len() - line.trim_start().len();
        let Some(source) = line.trim_start().strip_prefix(">>> ") else {
            continue;
        };
        let mut source = source.to_owned();
        while let Some(more) = lines
            .peek()
            .and_then(|next| next.trim_start().strip_prefix("..."))
        {
            source.push('\n');
            source.push_str(more.strip_prefix(' ').unwrap_or(more));
            lines.next();
        }
        source.push('\n');
        let mut expected = String::new();
        while let Some(next) = lines
            .peek()
            .filter(|next| !next.trim().is_empty() && !next.trim_start().starts_with(">>>"))
        {
            expected.push_str(next.get(indent..).unwrap_or(next.trim_start()));
            expected.push('\n');
            lines.next();
        }
        before.push(source.clone());
        if expected.is_empty() || source.contains("doctest: +SKIP") || found.len() >= 8 {
            continue;
        }
        found.push(Case {
            examples: before.clone(),
            expected: Some(expected),
            ..case(
                module,
                &function.name,
                source.trim_end().to_owned(),
                "docstring",
            )
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module() -> Module {
        Module {
            name: "tool".to_owned(),
            directory: "/skill".to_owned(),
            path: "/skill/tool.py".to_owned(),
            script: false,
            proposals: vec![
                crate::Proposal {
                    target: "tool.f".to_owned(),
                    arguments: "'proposed'".to_owned(),
                },
                crate::Proposal {
                    target: "other.f".to_owned(),
                    arguments: "'not for this one'".to_owned(),
                },
            ],
        }
    }

    /// The calls made for one function with these parameters: name, hint, has a default.
    fn calls(parameters: &[(&str, &str, bool)], doc: &str) -> Vec<String> {
        let parameters = parameters.iter().map(|(name, hint, optional)| {
            Parameter(
                (*name).to_owned(),
                (*hint).to_owned(),
                *optional,
                "either".to_owned(),
            )
        });
        let function = Function {
            name: "f".to_owned(),
            init: None,
            parameters: parameters.collect(),
            doc: doc.to_owned(),
        };
        let cases = of_module(&module(), &[function]);
        cases
            .iter()
            .filter(|case| !matches!(case.source, "property" | "model"))
            .map(|case| format!("{} {}", case.source, case.arguments))
            .collect()
    }

    #[test]
    fn hints_decide_before_names() {
        assert_eq!(calls(&[("path", "int", false)], ""), ["hint 3", "hint 0"]);
        assert_eq!(
            calls(&[("rows", "list[dict[str, int]]", false)], ""),
            ["hint [{'sample': 3}, {'sample': 3}]", "hint []"]
        );
        assert_eq!(
            calls(&[("x", "Optional[str]", false)], ""),
            ["hint 'sample text'", "hint ''"]
        );
        assert_eq!(
            calls(&[("mode", "Literal['fast', 'slow']", false)], ""),
            ["hint 'fast'"]
        );
    }

    #[test]
    fn names_decide_where_there_is_no_hint() {
        assert_eq!(
            calls(&[("url", "", false)], ""),
            ["signature 'https://sample.invalid/'", "signature ''"]
        );
        assert_eq!(calls(&[("anything", "", true)], ""), ["default "]);
    }

    #[test]
    fn a_literal_of_the_skill_never_becomes_code() {
        let hint = "Literal['x', __import__('os').system('id')]";
        assert_eq!(calls(&[("mode", hint, false)], ""), ["hint 'x'"]);
        assert_eq!(
            calls(&[("mode", "Literal[__import__('os')]", false)], ""),
            ["hint None"]
        );
    }

    #[test]
    fn examples_become_calls_with_what_came_before() {
        let doc = "Text.\n\n    >>> x = f(1)\n    >>> for i in x:\n    ...     print(i)\n    1\n    2\n\n    >>> f(2)\n";
        let found = calls(&[], doc);
        assert_eq!(found, ["default ", "docstring for i in x:\n    print(i)"]);
    }

    #[test]
    fn a_proposal_is_made_of_the_function_it_names() {
        let function = Function {
            name: "f".to_owned(),
            init: None,
            parameters: Vec::new(),
            doc: String::new(),
        };
        let cases = of_module(&module(), &[function]);
        let proposed = cases.iter().filter(|case| case.source == "model");
        let expressions: Vec<&str> = proposed.map(|case| case.expression.as_str()).collect();
        assert_eq!(expressions, ["f('proposed')"]);
    }

    #[test]
    fn addresses_and_the_order_of_sets_make_no_difference() {
        assert!(alike("{'a', 'b'}", "{'b', 'a'}"));
        assert!(alike("<f at 0x7f00aa>", "<f at 0x7f11>"));
        assert!(!alike("2026-11-21", "2027-12-26"));
        assert!(!alike("returned 1", "raised 1"));
    }

    #[test]
    fn what_is_printed_agrees_as_in_doctest() {
        for (expected, printed, agree) in [
            ("3\n", "3\n", true),
            ("3\n", "4\n", false),
            ("[1, ..., 9]\n", "[1, 2, 3, 9]\n", true),
            ("[1, ..., 9]\n", "[1, 2, 3]\n", false),
            ("a\n<BLANKLINE>\nb\n", "a\n\nb\n", true),
            (
                "Traceback (most recent call last):\n  ...\nValueError: no\n",
                "Traceback (most recent call last):\nValueError: no\n",
                true,
            ),
            (
                "Traceback (most recent call last):\n  ...\nValueError: no\n",
                "KeyError: no\n",
                false,
            ),
            ("", "3\n", false),
        ] {
            assert_eq!(agrees(expected, printed), agree, "{expected:?} {printed:?}");
        }
    }
}

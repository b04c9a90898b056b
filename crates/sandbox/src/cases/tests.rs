//! What is called, and with what.

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

//! Arguments made at random, and how they become small.

use super::*;

fn trials(seed: &str, hints: &[&str]) -> Trials {
    let kinds = hints.iter().map(|hint| Kind::parse(hint).unwrap());
    Trials::new(seed, kinds.collect(), vec![String::new(); hints.len()]).unwrap()
}

/// Every set of arguments that is tried while all succeed.
fn all(mut trials: Trials) -> Vec<String> {
    let mut found = vec![trials.arguments()];
    while trials.next(CaseOutcome::Returned, "None") {
        found.push(trials.arguments());
    }
    found
}

#[test]
fn the_same_function_gets_the_same_arguments() {
    let hints = ["int", "list[str]", "Optional[dict[str, float]]"];
    assert_eq!(all(trials("a.f", &hints)), all(trials("a.f", &hints)));
    assert_ne!(all(trials("a.f", &hints)), all(trials("a.g", &hints)));
    assert_eq!(all(trials("a.f", &hints)).len(), TRIALS as usize);
}

#[test]
fn failing_arguments_become_small() {
    let mut trials = trials("a.f", &["list[int]", "str"]);
    // Fails whenever the list has an element.
    let fails = |arguments: &str| !arguments.starts_with("[]");
    loop {
        let (outcome, detail) = if fails(&trials.arguments()) {
            (CaseOutcome::Raised, "IndexError: list")
        } else {
            (CaseOutcome::Returned, "None")
        };
        if !trials.next(outcome, detail) {
            break;
        }
    }
    let (arguments, outcome, _) = trials.failure().unwrap();
    assert_eq!(
        (arguments.as_str(), outcome),
        ("[0], ''", CaseOutcome::Raised)
    );
}

#[test]
fn a_refusal_of_arguments_is_no_failure() {
    let mut trials = trials("a.f", &["int"]);
    while trials.next(CaseOutcome::Raised, "ValueError: must be positive") {}
    assert_eq!(trials.failure(), None);
}

#[test]
fn hints_that_name_no_plain_type_are_left_out() {
    assert_eq!(Kind::parse("Session"), None);
    assert_eq!(Kind::parse("list[Session]"), None);
    assert_eq!(
        Kind::parse("dict[str, list[int]] | None"),
        Some(Kind::Optional(Box::new(Kind::Dict(
            Box::new(Kind::Str),
            Box::new(Kind::List(Box::new(Kind::Int)))
        ))))
    );
    assert_eq!(
        Kind::parse("tuple[int, str]"),
        Some(Kind::Tuple(vec![Kind::Int, Kind::Str]))
    );
}

#[test]
fn values_are_written_so_that_nothing_in_them_is_code() {
    let text = Value::Str("'); import os #\n\u{202e}\\".to_owned());
    assert_eq!(
        text.python(),
        "'\\'); import os #\\U0000000a\\U0000202e\\\\'"
    );
    assert_eq!(Value::Float(f64::NAN).python(), "float('NaN')");
    assert_eq!(Value::Tuple(vec![Value::Int(1)]).python(), "(1,)");
}

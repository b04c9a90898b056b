//! Each format's output on the sample set, as files in `fixtures/reports`.

use expect_test::{ExpectFile, expect_file};
use skillgate_report::{Audience, Style};

use crate::{samples, written};

const OPERATOR: Style = Style {
    color: false,
    width: 100,
    verbose: false,
    quiet: false,
    audience: Audience::Operator,
};
const AUTHOR: Style = Style {
    audience: Audience::Author,
    ..OPERATOR
};

fn check(format: &str, style: Style, expected: ExpectFile) {
    expected.assert_eq(&written(format, style, &samples::all()));
}

#[test]
fn text_for_the_operator() {
    check(
        "text",
        OPERATOR,
        expect_file!["../../../../fixtures/reports/operator.txt"],
    );
}

#[test]
fn text_with_everything() {
    let style = Style {
        verbose: true,
        ..OPERATOR
    };
    check(
        "text",
        style,
        expect_file!["../../../../fixtures/reports/verbose.txt"],
    );
}

#[test]
fn text_with_colours() {
    let style = Style {
        color: true,
        ..OPERATOR
    };
    check(
        "text",
        style,
        expect_file!["../../../../fixtures/reports/color.txt"],
    );
}

#[test]
fn text_in_few_lines() {
    let style = Style {
        quiet: true,
        ..OPERATOR
    };
    check(
        "text",
        style,
        expect_file!["../../../../fixtures/reports/quiet.txt"],
    );
}

#[test]
fn text_for_the_author() {
    check(
        "text",
        AUTHOR,
        expect_file!["../../../../fixtures/reports/author.txt"],
    );
}

#[test]
fn json_for_the_operator() {
    check(
        "json",
        OPERATOR,
        expect_file!["../../../../fixtures/reports/operator.json"],
    );
}

#[test]
fn json_for_the_author() {
    check(
        "json",
        AUTHOR,
        expect_file!["../../../../fixtures/reports/author.json"],
    );
}

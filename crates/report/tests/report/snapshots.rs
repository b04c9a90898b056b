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

#[test]
fn sarif_for_the_operator() {
    check(
        "sarif",
        OPERATOR,
        expect_file!["../../../../fixtures/reports/operator.sarif"],
    );
}

#[test]
fn sarif_for_the_author() {
    check(
        "sarif",
        AUTHOR,
        expect_file!["../../../../fixtures/reports/author.sarif"],
    );
}

#[test]
fn junit_for_the_operator() {
    check(
        "junit",
        OPERATOR,
        expect_file!["../../../../fixtures/reports/operator.junit.xml"],
    );
}

#[test]
fn junit_for_the_author() {
    check(
        "junit",
        AUTHOR,
        expect_file!["../../../../fixtures/reports/author.junit.xml"],
    );
}

#[test]
fn github_for_the_operator() {
    check(
        "github",
        OPERATOR,
        expect_file!["../../../../fixtures/reports/operator.github.txt"],
    );
}

#[test]
fn github_for_the_author() {
    check(
        "github",
        AUTHOR,
        expect_file!["../../../../fixtures/reports/author.github.txt"],
    );
}

#[test]
fn markdown_for_the_operator() {
    check(
        "markdown",
        OPERATOR,
        expect_file!["../../../../fixtures/reports/operator.md"],
    );
}

#[test]
fn markdown_for_the_author() {
    check(
        "markdown",
        AUTHOR,
        expect_file!["../../../../fixtures/reports/author.md"],
    );
}

#[test]
fn html_for_the_operator() {
    check(
        "html",
        OPERATOR,
        expect_file!["../../../../fixtures/reports/operator.html"],
    );
}

#[test]
fn html_for_the_author() {
    check(
        "html",
        AUTHOR,
        expect_file!["../../../../fixtures/reports/author.html"],
    );
}

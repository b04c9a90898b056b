//! JavaScript and TypeScript: names resolved, values followed, judged by the rules of their language.

mod calls;
mod follow;
mod names;
mod strings;
mod value;

use std::sync::LazyLock;

use regex::Regex;

use super::grammar::{self, Grammar};
use super::report::report;
use crate::expression::constant;
use crate::source::Source;
use crate::{Artifact, Sink};

/// What obfuscators leave: numbered names, packers, programs of brackets.
static MANGLED_NAME: LazyLock<Regex> = LazyLock::new(|| constant(r"\b_0x[0-9a-f]{4,}\b"));
static PACKER: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"eval\(function\(p,a,c,k,e,[dr]\)|(?:\[\]|\(!\[\]\+\[\]\)|\+!\+\[\]|!!\[\]){20}|ﾟωﾟﾉ\s*=|\$=~\[\];\$=\{",
    )
});
static ESCAPED: LazyLock<Regex> =
    LazyLock::new(|| constant(r"(?:\\x[0-9a-fA-F]{2}|\\u00[0-7][0-9a-fA-F]){12,}"));
/// Mangled names that make a file obfuscated.
const MANGLED_NAMES: usize = 8;

pub(super) fn examine(artifact: &Artifact<'_>, text: &str, grammar: Grammar, sink: &mut Sink<'_>) {
    let source = Source::new(text);
    for (range, detail) in obfuscation(text) {
        if let Some(rule) = sink.rules().check("javascript-obfuscated") {
            sink.report(
                rule,
                artifact,
                &source,
                range,
                None,
                Some(detail.to_owned()),
            );
        }
    }
    let Some(tree) = grammar::parse(text, grammar) else {
        sink.incomplete("its syntax tree costs more than the scanner's bounds");
        return;
    };
    let mut follower = follow::Follower::new(text);
    follower.follow(tree.root_node());
    report(
        artifact,
        &source,
        "javascript",
        &follower.facts,
        &|_| false,
        sink,
    );
    if follower.exhausted {
        sink.incomplete("the program is nested deeper or longer than the scanner follows");
    }
    sink.examined("pattern");
}

fn obfuscation(text: &str) -> Vec<(std::ops::Range<usize>, &'static str)> {
    let mut found = Vec::new();
    let mut mangled = MANGLED_NAME.find_iter(text);
    if let Some(first) = mangled.next()
        && mangled.nth(MANGLED_NAMES - 2).is_some()
    {
        found.push((first.range(), "numbered names of an obfuscator"));
    }
    found.extend(
        PACKER
            .find(text)
            .map(|place| (place.start()..place.start() + 20, "a packer's wrapper")),
    );
    found.extend(
        ESCAPED
            .find(text)
            .map(|place| (place.range(), "letters spelled as numbers")),
    );
    found
}

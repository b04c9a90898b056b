//! Sentences against the rules that read them.

use std::sync::Arc;

use skillgate_model::Severity;

use super::Page;
use super::address::{Owner, addresses};
use super::document::{Block, BlockKind, Code, Document, lines};
use super::engine::{Engine, Reading};
use super::lexicon::Concept;
use super::matcher::{Mood, Scope};
use super::phrase::Found;
use super::polarity::Meant;
use super::sentence::{Sentence, TokenKind, sentences};
use crate::{Rule, Sink};

/// Runs every rule that reads sentences over every block that is meant as an instruction.
///
/// In a page that teaches security, in programs and in data, what somebody does is described: `commands_only`.
pub(crate) fn examine(
    page: &Page<'_>,
    document: &Document,
    engine: &Engine,
    commands_only: bool,
    sink: &mut Sink<'_>,
) {
    if document.blocks.is_empty() && document.codes.is_empty() {
        return;
    }
    let engine = engine.reading();
    let mut found = Found::default();
    let mut matches: Vec<(Arc<Rule>, std::ops::Range<usize>, bool)> = Vec::new();
    let owner = Owner::of(page.text());
    let quoted = document
        .codes
        .iter()
        .filter(|code| is_prose(&code.language));
    let quoted: Vec<Block> = quoted
        .flat_map(|code| paragraphs(page.text(), code))
        .collect();
    let mut spoken_of = Vec::new();
    for block in document.blocks.iter().chain(&quoted) {
        if matches!(block.kind, BlockKind::Heading(_) | BlockKind::Comment) {
            spoken_of.clear();
        }
        sentences(
            page.text(),
            block.range.clone(),
            &document.comments,
            |sentence| {
                engine.lexicon.find(sentence, &mut found.hits);
                engine.lexicon.refer(&spoken_of, &mut found.hits);
                found.index(sentence, engine.lexicon.len());
                let meant = engine.polarity.meant(sentence, &found);
                spoken_of = things(engine, block, &found, meant);
                judge(
                    engine,
                    &owner,
                    commands_only,
                    block,
                    (sentence, &found, meant),
                    &mut matches,
                );
            },
        );
    }
    for (rule, range, hidden) in matches {
        sink.report(
            &rule,
            page.artifact,
            &page.source,
            range.clone(),
            None,
            None,
        );
        if hidden && rule.info.severity >= Severity::High {
            page.check(sink, "hidden-comment", range, Some(rule.info.title.clone()));
        }
    }
}

/// Blocks that hold prompts, messages and settings rather than programs.
fn is_prose(language: &str) -> bool {
    matches!(
        language,
        "text" | "txt" | "markdown" | "md" | "prompt" | "xml" | "yaml" | "yml" | "plaintext"
    )
}

/// The lines of a block of prose, run together up to the next empty one.
fn paragraphs(text: &str, code: &Code) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for line in lines(text.get(..code.range.end).unwrap_or(""))
        .skip_while(|line| line.start < code.range.start)
    {
        let empty = text
            .get(line.clone())
            .is_none_or(|line| line.trim().is_empty());
        match blocks.last_mut() {
            Some(block) if open && !empty => block.range.end = line.end,
            _ if !empty => blocks.push(Block {
                kind: BlockKind::Paragraph,
                range: line,
                context: code.context,
            }),
            _ => {}
        }
        open = !empty;
    }
    blocks
}

/// What "it" and "them" may stand for in the next sentence.
fn things(engine: &Reading, block: &Block, found: &Found, meant: Meant) -> Vec<Concept> {
    let mut things: Vec<Concept> = found
        .hits
        .iter()
        .filter(|hit| meant.spoken_of & 1 << hit.start.min(127) != 0)
        .map(|hit| hit.concept)
        .filter(|concept| engine.lexicon.is_thing(*concept))
        .collect();
    things.dedup();
    if block.context.described {
        things.clear();
    }
    things
}

fn judge(
    engine: &Reading,
    owner: &Owner,
    commands_only: bool,
    block: &Block,
    (sentence, found, meant): (&Sentence<'_>, &Found, Meant),
    matches: &mut Vec<(Arc<Rule>, std::ops::Range<usize>, bool)>,
) {
    if found.hits.is_empty() {
        return;
    }
    if meant.begins == 0 {
        return;
    }
    let hidden = block.kind == BlockKind::Comment;
    let described = block.context.described && !hidden && !sentence.addresses_an_agent();
    let mut foreign = None;
    let commands = sentence.commands();
    for says in &engine.says {
        if described && says.scope != Scope::Described {
            continue;
        }
        if says.foreign && !*foreign.get_or_insert_with(|| has_foreign(owner, sentence)) {
            continue;
        }
        // A table lists more than it orders, so that only its commands are meant.
        let commanded =
            commands_only || says.mood == Mood::Imperative || block.kind == BlockKind::Row;
        let allowed = Meant {
            begins: meant.begins & if commanded { commands } else { u128::MAX },
            ..meant
        };
        let starts = says
            .phrases
            .iter()
            .map(|phrase| phrase.starts(found, allowed))
            .find(|starts| *starts != 0);
        if let Some(starts) = starts
            && let Some(first) = sentence.tokens.get(starts.trailing_zeros() as usize)
            && let Some(last) = sentence.tokens.last()
        {
            let range = first.range.start..last.range.end;
            matches.push((Arc::clone(&says.rule), range, hidden));
        }
    }
}

fn has_foreign(owner: &Owner, sentence: &Sentence<'_>) -> bool {
    sentence.tokens.iter().any(|token| match token.kind {
        TokenKind::Url => addresses(&token.text).any(|address| owner.is_foreign(&address)),
        TokenKind::Email => token
            .text
            .rsplit('@')
            .next()
            .is_some_and(|host| owner.is_foreign_host(host)),
        TokenKind::Word | TokenKind::Number | TokenKind::Path => false,
    })
}

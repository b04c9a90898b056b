//! Sentences against the rules that read them.

use std::sync::Arc;

use skillgate_model::Severity;

use super::Page;
use super::address::{Owner, addresses};
use super::context::Context;
use super::document::{Block, BlockKind, Code, Document, lines};
use super::engine::Engine;
use super::matcher::{Mood, Scope};
use super::phrase::Found;
use super::polarity::Meant;
use super::sentence::{Sentence, TokenKind, sentences};
use crate::{Rule, Sink};

/// Runs every rule that reads sentences over every block that is meant as an instruction.
///
/// In a page that `teaches` security, what somebody does is an example and only a command is meant.
pub(crate) fn examine(
    page: &Page<'_>,
    document: &Document,
    engine: &Engine,
    teaches: bool,
    sink: &mut Sink<'_>,
) {
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
    for block in document.blocks.iter().chain(&quoted) {
        if block.kind == BlockKind::Row {
            continue;
        }
        sentences(
            page.text(),
            block.range.clone(),
            &document.comments,
            |sentence| {
                engine.lexicon.find(sentence, &mut found.hits);
                found.index(sentence, engine.lexicon.len());
                judge(
                    engine,
                    &owner,
                    teaches,
                    block,
                    sentence,
                    &found,
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

/// Marks of programs whose strings a model reads as the description of a tool.
const TOOL_MARKS: [&str; 5] = ["@mcp", ".tool(", "@tool", "<IMPORTANT>", "<important>"];

/// The long strings of a program that describes tools to a model.
pub(crate) fn descriptions(page: &Page<'_>, engine: &Engine, sink: &mut Sink<'_>) {
    let text = page.text();
    let bytes = text.as_bytes();
    let tells = TOOL_MARKS
        .iter()
        .any(|mark| memchr::memmem::find(bytes, mark.as_bytes()).is_some());
    if !tells {
        return;
    }
    let mut document = Document::default();
    for quote in ["\"\"\"", "'''"] {
        let marks: Vec<usize> = memchr::memmem::find_iter(bytes, quote.as_bytes()).collect();
        for pair in marks.chunks_exact(2) {
            if let [start, end] = pair {
                document.blocks.push(Block {
                    kind: BlockKind::Paragraph,
                    range: start + 3..*end,
                    context: Context::default(),
                });
            }
        }
    }
    examine(page, &document, engine, false, sink);
}

fn judge(
    engine: &Engine,
    owner: &Owner,
    teaches: bool,
    block: &Block,
    sentence: &Sentence<'_>,
    found: &Found,
    matches: &mut Vec<(Arc<Rule>, std::ops::Range<usize>, bool)>,
) {
    if found.hits.is_empty() {
        return;
    }
    let meant = engine.polarity.meant(sentence, found);
    if meant.begins == 0 {
        return;
    }
    let hidden = block.kind == BlockKind::Comment;
    let mut foreign = None;
    let commands = sentence.commands();
    for says in &engine.says {
        if block.context.described && says.scope != Scope::Described && !hidden {
            continue;
        }
        if says.foreign && !*foreign.get_or_insert_with(|| has_foreign(owner, sentence)) {
            continue;
        }
        let commanded = teaches || says.mood == Mood::Imperative;
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

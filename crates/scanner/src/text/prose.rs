//! Sentences against the rules that read them.

use std::sync::Arc;

use skillgate_model::Severity;

use super::Page;
use super::address::{Owner, addresses};
use super::document::{Block, BlockKind, Document};
use super::engine::Engine;
use super::matcher::{Mood, Scope};
use super::phrase::Found;
use super::polarity::Meant;
use super::sentence::{Sentence, TokenKind, sentences};
use crate::{Rule, Sink};

/// Runs every rule that reads sentences over every block that is meant as an instruction.
pub(crate) fn examine(page: &Page<'_>, document: &Document, engine: &Engine, sink: &mut Sink<'_>) {
    let mut found = Found::default();
    let mut matches: Vec<(Arc<Rule>, std::ops::Range<usize>, bool)> = Vec::new();
    let owner = Owner::of(page.text());
    for block in &document.blocks {
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
                judge(engine, &owner, block, sentence, &found, &mut matches);
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

fn judge(
    engine: &Engine,
    owner: &Owner,
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
        let allowed = match says.mood {
            Mood::Any => meant,
            Mood::Imperative => Meant {
                begins: meant.begins & commands,
                ..meant
            },
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

//! The rules that read sentences, compiled when the first prose is read: lexicon, phrases, what wakes them.

use std::sync::Arc;

use super::engine::texts;
use super::found::Found;
use super::lexicon::{Concept, Lexicon};
use super::matcher::{Mood, Scope};
use super::phrase::{Compiled, Neighbours};
use super::polarity::Polarity;
use crate::rule::Rule;

/// Concepts of deeds, which a quotation mentions.
const DEEDS: [&str; 7] = [
    "comply", "obey", "deliver", "sendout", "runit", "fetchit", "delete",
];

/// The rules that read sentences, with the words they know.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) lexicon: Lexicon,
    pub(crate) polarity: Polarity,
    pub(crate) says: Vec<Says>,
    /// Every phrase with the place of its rule, in the order of the rules.
    pub(crate) phrases: Vec<(usize, Compiled)>,
    /// By concept: the phrases that a sentence with it may hold.
    triggers: Vec<Vec<usize>>,
    pub(crate) neighbours: Neighbours,
    /// An address that is neither a known publisher's nor the skill's own.
    pub(crate) foreign: Option<Concept>,
    /// Such an address that is no link's target.
    pub(crate) stranger: Option<Concept>,
    /// Text that a reader of the rendered page does not see.
    pub(crate) hidden: Option<Concept>,
    /// What is mentioned rather than done where it stands between quotation marks.
    pub(crate) deeds: Vec<Concept>,
}

/// A rule that reads sentences.
#[derive(Debug)]
pub(crate) struct Says {
    pub(crate) rule: Arc<Rule>,
    pub(crate) scope: Scope,
    pub(crate) foreign: bool,
    pub(crate) mood: Mood,
}

impl Reading {
    pub(crate) fn compile(rules: &[Arc<Rule>]) -> Self {
        let words = texts(rules)
            .flat_map(|(_, text)| &text.says)
            .flat_map(|phrase| phrase.words());
        let lexicon = Lexicon::with_words(words);
        let spoken = || texts(rules).filter(|(_, text)| !text.says.is_empty());
        let says = spoken().map(|(rule, text)| Says {
            rule: Arc::clone(rule),
            scope: text.scope,
            foreign: text.foreign,
            mood: text.mood,
        });
        let mut neighbours = Neighbours::default();
        let phrases: Vec<(usize, Compiled)> = spoken()
            .enumerate()
            .flat_map(|(owner, (_, text))| text.says.iter().map(move |one| (owner, one)))
            .map(|(owner, one)| (owner, one.compile(&lexicon, &mut neighbours)))
            .collect();
        let of = |name: &str| lexicon.concept(name);
        Self {
            polarity: Polarity::new(&lexicon),
            says: says.collect(),
            triggers: triggers(&phrases, &lexicon),
            phrases,
            neighbours,
            foreign: of("foreign"),
            stranger: of("stranger"),
            hidden: of("hidden"),
            deeds: DEEDS.iter().filter_map(|name| of(name)).collect(),
            lexicon,
        }
    }

    /// The places of the phrases that a sentence may hold, in the order of their rules.
    pub(crate) fn candidates(&self, found: &Found, woken: &mut Vec<usize>) {
        woken.clear();
        let mut last = None;
        for hit in &found.hits {
            if last.replace(hit.concept) != Some(hit.concept)
                && let Some(phrases) = self.triggers.get(usize::from(hit.concept))
            {
                woken.extend_from_slice(phrases);
            }
        }
        woken.sort_unstable();
        woken.dedup();
    }
}

fn triggers(phrases: &[(usize, Compiled)], lexicon: &Lexicon) -> Vec<Vec<usize>> {
    let mut triggers = vec![Vec::new(); lexicon.len()];
    for (at, (_, phrase)) in phrases.iter().enumerate() {
        for concept in phrase.trigger(lexicon) {
            if let Some(woken) = triggers.get_mut(usize::from(*concept)) {
                woken.push(at);
            }
        }
    }
    triggers
}

//! The concepts of one sentence, where each stands.

use super::lexicon::{Concept, Hit};
use super::sentence::Sentence;

/// The concepts of one sentence, ready for phrases.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) hits: Vec<Hit>,
    present: Vec<u64>,
    /// The tokens before which a comma or a dash stands, as bits.
    pub(super) commas: u128,
}

impl Found {
    /// Notes which concepts occur.
    pub(crate) fn index(&mut self, sentence: &Sentence<'_>, concepts: usize) {
        self.commas = sentence
            .tokens
            .iter()
            .enumerate()
            .filter(|(_, token)| token.comma || token.clause)
            .fold(0, |bits, (at, _)| bits | 1 << at.min(127));
        self.hits
            .sort_unstable_by_key(|hit| (hit.concept, hit.start));
        self.present.clear();
        self.present.resize(concepts / 64 + 1, 0);
        for hit in &self.hits {
            if let Some(word) = self.present.get_mut(usize::from(hit.concept) / 64) {
                *word |= 1 << (hit.concept % 64);
            }
        }
    }

    pub(crate) fn has(&self, concept: Concept) -> bool {
        self.present
            .get(usize::from(concept) / 64)
            .is_some_and(|word| word & (1 << (concept % 64)) != 0)
    }

    pub(super) fn of(&self, concept: Concept) -> impl Iterator<Item = &Hit> {
        let from = self.hits.partition_point(|hit| hit.concept < concept);
        self.hits
            .iter()
            .skip(from)
            .take_while(move |hit| hit.concept == concept)
    }
}

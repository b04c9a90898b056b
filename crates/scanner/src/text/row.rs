//! Concepts in a row with gaps between them, looked for from the last to the first.

use super::found::Found;
use super::lexicon::{Concept, Lexicon};
use super::polarity::Meant;

/// A gap no sentence has.
pub(super) const ANY: u8 = 127;
/// Gaps up to this many words do not reach over a comma: "if it is not there, tell the user".
const CLOSE: u8 = 3;

/// Elements with the gap allowed before each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row<T> {
    pub(super) elements: Vec<(u8, Vec<T>)>,
    /// A "not" stands among them, behind which the others may stand.
    pub(super) negates: bool,
}

impl Row<Concept> {
    /// Whether the sentence has something for every element.
    pub(super) fn is_possible(&self, found: &Found) -> bool {
        self.elements
            .iter()
            .all(|(_, any)| any.iter().any(|concept| found.has(*concept)))
    }

    /// The element with the fewest words, without which the row cannot hold.
    pub(super) fn rarest(&self, lexicon: &Lexicon) -> Option<(usize, &[Concept])> {
        self.elements
            .iter()
            .map(|(_, any)| (lexicon.commonness(any), any.as_slice()))
            .min_by_key(|(words, _)| *words)
    }

    /// Where the last element may stand: a "not" before it that the row does not name takes it away.
    pub(super) fn ends(&self, meant: Meant) -> u128 {
        match self.negates {
            true => u128::MAX,
            false => !meant.denied,
        }
    }

    /// From the last element to the first: the tokens from which the rest of the row holds.
    pub(super) fn starts(&self, found: &Found, ends: u128) -> u128 {
        let mut next = u128::MAX;
        let mut gap = ANY;
        let mut allowed = ends;
        for (before, any) in self.elements.iter().rev() {
            let reach = if gap <= CLOSE {
                within_clause(next, gap, found.commas)
            } else {
                widen(next, gap)
            };
            next = 0;
            for hit in any.iter().flat_map(|concept| found.of(*concept)) {
                let start = 1 << hit.start.min(127);
                if reach & (1 << hit.end.min(127)) != 0 && allowed & start != 0 {
                    next |= start;
                }
            }
            if next == 0 {
                return 0;
            }
            gap = *before;
            allowed = u128::MAX;
        }
        next
    }
}

/// Every position from which one of `targets` is at most `gap` tokens ahead.
fn widen(targets: u128, gap: u8) -> u128 {
    let mut wide = targets;
    let mut done = 0_u32;
    let gap = u32::from(gap.min(127));
    while done < gap {
        let step = (done + 1).min(gap - done);
        wide |= wide >> step;
        done += step;
    }
    wide
}

/// The same, word by word, and not over a comma.
fn within_clause(targets: u128, gap: u8, commas: u128) -> u128 {
    let mut wide = targets;
    let mut step = targets;
    for _ in 0..gap {
        step = ((step & !commas) >> 1) & !commas;
        wide |= step;
    }
    wide
}

//! Words weighed against each other: what no single phrase names may still be said by many words together.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use foldhash::fast::RandomState;

use super::found::Found;
use super::lexicon::{Concept, Lexicon};
use super::polarity::Meant;
use super::sentence::Sentence;
use super::token::{Token, TokenKind};

/// By their points: words, `{concepts}`, and either behind a "not".
static POINTS: LazyLock<BTreeMap<i32, Vec<String>>> = LazyLock::new(|| {
    serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/weights.json")))
        .expect("the weights are a constant that the tests parse")
});

/// Words from which on a sentence says enough to be weighed.
const LEAST: usize = 4;
/// Different words up to which a sentence is weighed as it stands; a longer one must weigh more.
const USUAL: usize = 20;
/// Words and concepts that a finding names.
const NAMED: usize = 5;

/// What words and concepts weigh, by their number.
#[derive(Debug)]
pub(crate) struct Weights {
    words: HashMap<&'static str, [Weight; 2], RandomState>,
    concepts: HashMap<Concept, [Weight; 2], RandomState>,
}

/// The points of a word, and its place among all.
#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    points: i32,
    key: &'static str,
}

impl Weights {
    /// The weights with the concepts of one lexicon.
    pub(crate) fn built_in(lexicon: &Lexicon) -> Self {
        let mut weights = Self {
            words: HashMap::default(),
            concepts: HashMap::default(),
        };
        let each = POINTS
            .iter()
            .flat_map(|(points, keys)| keys.iter().map(move |key| (*points, key)));
        for (points, key) in each {
            let (denied, name) = match key.strip_prefix("not ") {
                Some(name) => (1, name),
                None => (0, key.as_str()),
            };
            let concept = name
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix('}'));
            let both = match concept {
                None => weights.words.entry(name).or_default(),
                Some(name) => match lexicon.concept(name) {
                    Some(concept) => weights.concepts.entry(concept).or_default(),
                    None => continue,
                },
            };
            if let Some(weight) = both.get_mut(denied) {
                *weight = Weight { points, key };
            }
        }
        weights
    }

    /// The heaviest words of a sentence whose words weigh `least` points together.
    pub(crate) fn outweighs(
        &self,
        sentence: &Sentence<'_>,
        found: &Found,
        meant: Meant,
        least: i32,
    ) -> Option<String> {
        if sentence.tokens.len() < LEAST {
            return None;
        }
        let turned = |at: usize| {
            if sentence.tokens.get(at).is_none_or(|token| token.quoted) {
                return None;
            }
            let bit = 1_u128 << at.min(127);
            match (meant.spoken_of & bit != 0, meant.denied & bit != 0) {
                (true, _) => Some(0),
                (false, true) => Some(1),
                (false, false) => None,
            }
        };
        let words = sentence
            .tokens
            .iter()
            .enumerate()
            .filter(|(_, token)| is_word(token));
        let words =
            words.filter_map(|(at, token)| self.words.get(token.text.as_ref())?.get(turned(at)?));
        let concepts = found.hits.iter().filter_map(|hit| {
            self.concepts
                .get(&hit.concept)?
                .get(turned(hit.start.into())?)
        });
        let mut said: Vec<Weight> = words
            .chain(concepts)
            .filter(|one| one.points != 0)
            .copied()
            .collect();
        said.sort_unstable_by_key(|one| (-one.points, one.key));
        said.dedup_by_key(|one| one.key);
        let sum = said.iter().map(|one| i64::from(one.points)).sum::<i64>();
        spread(sum, said.len(), least).then(|| {
            let heaviest = said.iter().take(NAMED).map(|one| one.key);
            heaviest.collect::<Vec<_>>().join(", ")
        })
    }
}

/// Whether a sum over so many words is as much as `least`, long sentences by the root of their length.
fn spread(sum: i64, words: usize, least: i32) -> bool {
    let square = i64::from(least) * i64::from(least);
    let words = i64::try_from(words.max(USUAL)).unwrap_or(i64::MAX);
    let usual = i64::try_from(USUAL).unwrap_or(1);
    sum > 0 && sum.saturating_mul(sum).saturating_mul(usual) >= square.saturating_mul(words)
}

fn is_word(token: &Token<'_>) -> bool {
    token.kind == TokenKind::Word && !token.code && token.text.len() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_weighed_is_known_and_weighed_once() {
        let lexicon = Lexicon::with_words([]);
        let mut seen = std::collections::BTreeSet::new();
        for key in POINTS.values().flatten() {
            assert!(seen.insert(key), "{key}");
            let name = key.strip_prefix("not ").unwrap_or(key);
            if let Some(name) = name.strip_prefix('{') {
                assert!(
                    lexicon.concept(name.trim_end_matches('}')).is_some(),
                    "{key}"
                );
            }
        }
        assert!(seen.len() > 1_000);
    }

    #[test]
    fn a_longer_sentence_must_weigh_more() {
        assert!(spread(1_000, 8, 1_000) && spread(1_000, USUAL, 1_000));
        assert!(!spread(999, 8, 1_000) && !spread(-1_000, 8, 1_000));
        assert!(!spread(1_500, 4 * USUAL, 1_000) && spread(2_000, 4 * USUAL, 1_000));
    }
}

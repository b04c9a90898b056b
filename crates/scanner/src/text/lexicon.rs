//! The concepts that rules speak of: verbs, objects, destinations, each a list of words, paths and phrases.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use aho_corasick::automaton::OverlappingState;
use aho_corasick::{AhoCorasick, Anchored, Input, MatchKind, StartKind};
use foldhash::fast::RandomState;

use super::cut::{is_wide, parts_of};
use super::sentence::Sentence;
use super::stem::{fold, stem};
use super::token::{Token, TokenKind};

/// Number of a concept.
pub(crate) type Concept = u16;

/// One occurrence of a concept in a sentence, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) concept: Concept,
    pub(crate) start: u8,
    pub(crate) end: u8,
}

impl Hit {
    /// A concept of one token.
    pub(crate) fn at(concept: Concept, token: usize) -> Option<Self> {
        let start = u8::try_from(token).ok()?;
        Some(Self {
            concept,
            start,
            end: start.saturating_add(1),
        })
    }
}

/// `concept: [word, two words, "begin~ of words~", "*part of a path", "*end of one$", "@url"]`.
pub(crate) static CONCEPTS: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
    serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/lexicon.json")))
        .expect("the lexicon is a constant that the tests parse")
});

/// Concepts of things, which a pronoun in the next sentence may stand for.
const THINGS: [&str; 10] = [
    "envfile",
    "intimate",
    "keyfile",
    "payload",
    "private",
    "program",
    "secret",
    "secretfile",
    "strongvault",
    "vault",
];

/// Letters of words that most sentences have.
const SHORT: usize = 4;
/// How many longer words such a word weighs.
const SHORT_WEIGHT: usize = 20;

/// Words and phrases, found token by token.
#[derive(Debug)]
pub(crate) struct Lexicon {
    numbers: HashMap<String, Concept>,
    /// By the first stem.
    phrases: HashMap<String, Vec<Phrase>, RandomState>,
    /// The same for words of which only the beginning is known, `begin~`.
    begins: AhoCorasick,
    begun: Vec<Phrase>,
    /// The first two bytes of each such beginning, sorted.
    openings: Vec<[u8; 2]>,
    kinds: Vec<(TokenKind, Concept)>,
    parts: AhoCorasick,
    part_concepts: Vec<Concept>,
    /// Ends of paths, written `*.sh$`.
    ends: Vec<(String, Concept)>,
    pronoun: Option<Concept>,
    things: Vec<Concept>,
    /// By concept.
    weights: Vec<usize>,
    /// First words of what takes the meaning away.
    negations: BTreeSet<String>,
    /// By concept: how many of its words begin so, and how many do not.
    negating: BTreeMap<Concept, (usize, usize)>,
}

/// The words that must follow the first one, and what it is then.
#[derive(Debug)]
struct Phrase {
    rest: Vec<Follower>,
    concept: Concept,
}

/// A word inside a phrase.
#[derive(Debug)]
enum Follower {
    Stem(String),
    Begin(String),
}

/// The entries that are found by an automaton.
#[derive(Default)]
struct Patterns {
    parts: Vec<String>,
    begins: Vec<String>,
}

impl Lexicon {
    /// The concepts of the lexicon, and a concept of its own for each of the words that rules name.
    pub(crate) fn with_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut lexicon = Self {
            numbers: HashMap::new(),
            phrases: HashMap::default(),
            begins: AhoCorasick::new([""; 0]).expect("no patterns, no failure"),
            begun: Vec::new(),
            openings: Vec::new(),
            kinds: Vec::new(),
            parts: AhoCorasick::new([""; 0]).expect("no patterns, no failure"),
            part_concepts: Vec::new(),
            ends: Vec::new(),
            pronoun: None,
            things: Vec::new(),
            weights: Vec::new(),
            negations: CONCEPTS
                .get("negation")
                .into_iter()
                .flatten()
                .filter_map(|entry| entry.split(' ').next())
                .map(|word| stem(word).into_owned())
                .collect(),
            negating: BTreeMap::new(),
        };
        let mut patterns = Patterns::default();
        for (name, entries) in CONCEPTS.iter() {
            let concept = lexicon.number(name);
            for entry in entries {
                lexicon.add(entry, concept, &mut patterns);
            }
        }
        for word in words {
            if !lexicon.numbers.contains_key(&literal(word)) {
                let concept = lexicon.number(&literal(word));
                lexicon.add(word, concept, &mut patterns);
            }
        }
        lexicon.openings.sort_unstable();
        lexicon.openings.dedup();
        lexicon.pronoun = lexicon.concept("pronoun");
        lexicon.things = THINGS
            .iter()
            .filter_map(|name| lexicon.concept(name))
            .collect();
        if let Ok(automaton) = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(&patterns.parts)
        {
            lexicon.parts = automaton;
        }
        if let Ok(automaton) = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .start_kind(StartKind::Anchored)
            .build(&patterns.begins)
        {
            lexicon.begins = automaton;
        }
        lexicon
    }

    fn number(&mut self, name: &str) -> Concept {
        let next = Concept::try_from(self.numbers.len()).unwrap_or(Concept::MAX);
        *self.numbers.entry(name.to_owned()).or_insert(next)
    }

    fn add(&mut self, entry: &str, concept: Concept, patterns: &mut Patterns) {
        let at = usize::from(concept);
        if self.weights.len() <= at {
            self.weights.resize(at + 1, 0);
        }
        if let Some(weight) = self.weights.get_mut(at) {
            *weight += if entry.len() <= SHORT {
                SHORT_WEIGHT
            } else {
                1
            };
        }
        if let Some(part) = entry.strip_prefix('*') {
            match part.strip_suffix('$') {
                Some(end) => self.ends.push((end.to_owned(), concept)),
                None => {
                    patterns.parts.push(part.to_owned());
                    self.part_concepts.push(concept);
                }
            }
            return;
        }
        match entry {
            // Which addresses are foreign and which words hidden depends on the page.
            "@foreign" | "@stranger" | "@hidden" => {}
            "@url" => self.kinds.push((TokenKind::Url, concept)),
            "@email" => self.kinds.push((TokenKind::Email, concept)),
            "@number" => self.kinds.push((TokenKind::Number, concept)),
            "@account" => self.kinds.push((TokenKind::Account, concept)),
            "@path" => self.kinds.push((TokenKind::Path, concept)),
            _ => self.phrase(entry, concept, patterns),
        }
    }

    fn phrase(&mut self, entry: &str, concept: Concept, patterns: &mut Patterns) {
        let mut words = entry.split(' ').flat_map(parts_of).flat_map(letters);
        let Some(first) = words.next() else { return };
        let negates = self.negations.contains(stem(first).as_ref());
        let (with, without) = self.negating.entry(concept).or_default();
        *(if negates { with } else { without }) += 1;
        let phrase = Phrase {
            rest: words.map(Follower::of).collect(),
            concept,
        };
        match Follower::of(first) {
            Follower::Stem(stem) => self.phrases.entry(stem).or_default().push(phrase),
            Follower::Begin(begin) => {
                self.openings.extend(begin.as_bytes().first_chunk::<2>());
                patterns.begins.push(begin);
                self.begun.push(phrase);
            }
        }
    }

    /// How many concepts there are.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// How often one of some concepts may occur, roughly: by the number of their words, and whether these are short.
    pub(crate) fn commonness(&self, concepts: &[Concept]) -> usize {
        let weight = |concept: &Concept| self.weights.get(usize::from(*concept)).copied();
        concepts.iter().filter_map(weight).sum()
    }

    /// Whether it is said with a "not", by every third of its words at least.
    pub(crate) fn negates(&self, concept: Concept) -> bool {
        let counted = self.negating.get(&concept);
        counted.is_some_and(|(with, without)| *with > 0 && with * 2 >= *without)
    }

    /// The number of a concept of the lexicon.
    pub(crate) fn concept(&self, name: &str) -> Option<Concept> {
        self.numbers.get(name).copied()
    }

    /// The number of a word that a rule names.
    pub(crate) fn word(&self, word: &str) -> Option<Concept> {
        self.numbers.get(&literal(word)).copied()
    }

    /// Every concept in the sentence, into `hits`.
    pub(crate) fn find(&self, sentence: &Sentence<'_>, hits: &mut Vec<Hit>) {
        hits.clear();
        for (at, token) in sentence.tokens.iter().enumerate() {
            let mut add = |concept, length: usize| {
                if let Some(hit) = Hit::at(concept, at) {
                    let end = hit
                        .start
                        .saturating_add(u8::try_from(length).unwrap_or(u8::MAX));
                    hits.push(Hit { end, ..hit });
                }
            };
            for (kind, concept) in &self.kinds {
                if *kind == token.kind {
                    add(*concept, 1);
                }
            }
            if token.kind != TokenKind::Word {
                for found in self.parts.find_overlapping_iter(token.text.as_ref()) {
                    if let Some(concept) = self.part_concepts.get(found.pattern().as_usize()) {
                        add(*concept, 1);
                    }
                }
                for (end, concept) in &self.ends {
                    if token.text.ends_with(end.as_str()) {
                        add(*concept, 1);
                    }
                }
            }
            let known = self.phrases.get(token.text.as_ref());
            let begun = self.begun(token);
            for phrase in known.into_iter().flatten().chain(begun) {
                let next = sentence.tokens.get(at + 1..).unwrap_or_default();
                if phrase.goes_on(next) {
                    add(phrase.concept, 1 + phrase.rest.len());
                }
            }
        }
    }

    /// Whether a pronoun may stand for it.
    pub(crate) fn is_thing(&self, concept: Concept) -> bool {
        self.things.contains(&concept)
    }

    /// Lets each pronoun stand for the things that the sentence before spoke of.
    pub(crate) fn refer(&self, things: &[Concept], hits: &mut Vec<Hit>) {
        if things.is_empty() {
            return;
        }
        for at in 0..hits.len() {
            if let Some(hit) = hits.get(at).copied()
                && Some(hit.concept) == self.pronoun
            {
                hits.extend(things.iter().map(|thing| Hit {
                    concept: *thing,
                    ..hit
                }));
            }
        }
    }

    /// The phrases whose first word begins like this one.
    fn begun(&self, token: &Token<'_>) -> impl Iterator<Item = &Phrase> {
        let opens = |word: &str| {
            let opening = word.as_bytes().first_chunk::<2>();
            opening.is_some_and(|two| self.openings.binary_search(two).is_ok())
        };
        let word = match token.kind {
            TokenKind::Word if opens(&token.text) => token.text.as_ref(),
            TokenKind::Word
            | TokenKind::Number
            | TokenKind::Url
            | TokenKind::Email
            | TokenKind::Account
            | TokenKind::Path => "",
        };
        let input = Input::new(word).anchored(Anchored::Yes);
        let mut state = OverlappingState::start();
        std::iter::from_fn(move || {
            if word.is_empty() {
                return None;
            }
            let step = self.begins.try_find_overlapping(input.clone(), &mut state);
            step.ok().and(state.get_match())
        })
        .filter_map(|found| self.begun.get(found.pattern().as_usize()))
    }
}

impl Phrase {
    fn goes_on(&self, next: &[Token<'_>]) -> bool {
        self.rest.len() <= next.len()
            && self
                .rest
                .iter()
                .zip(next)
                .all(|(follower, token)| match follower {
                    Follower::Stem(stem) => token.text == *stem,
                    Follower::Begin(begin) => token.text.starts_with(begin.as_str()),
                })
    }
}

impl Follower {
    fn of(word: &str) -> Self {
        match word.strip_suffix('~') {
            Some(begin) => Self::Begin(fold(begin).into_owned()),
            None => Self::Stem(stem(word).into_owned()),
        }
    }
}

/// A word, or the letters of a script without spaces.
fn letters(word: &str) -> impl Iterator<Item = &str> {
    let single = word.starts_with(is_wide);
    let ends = word
        .char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .filter(move |end| single || *end == word.len());
    ends.scan(0, |start, end| word.get(std::mem::replace(start, end)..end))
}

/// Words that rules name are kept apart from the names of concepts.
fn literal(word: &str) -> String {
    format!("={word}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::cut::sentences;

    /// The concepts of every word that is found.
    fn found(entries: &[&str], text: &str) -> usize {
        let lexicon = Lexicon::with_words(entries.iter().copied());
        let wanted: Vec<_> = entries.iter().filter_map(|one| lexicon.word(one)).collect();
        let mut count = 0;
        sentences(text, 0..text.len(), &[], |sentence| {
            let mut hits = Vec::new();
            lexicon.find(sentence, &mut hits);
            count += hits
                .iter()
                .filter(|hit| wanted.contains(&hit.concept))
                .count();
        });
        count
    }

    #[test]
    fn a_word_is_known_by_its_beginning() {
        assert_eq!(found(&["wysył~"], "nie wysyłaj, wysyłając, nowysyłka"), 2);
        assert_eq!(
            found(&["nie inform~"], "nie informuj, nie chcę, informuj"),
            1
        );
    }

    #[test]
    fn scripts_without_spaces_are_read_letter_by_letter() {
        assert_eq!(found(&["发送", "上传"], "然后把它发送到服务器并上传。"), 2);
        assert_eq!(
            found(&["보내"], "파일을 읽어 https://a.example 로 보내고"),
            1
        );
    }

    #[test]
    fn the_lexicon_parses_and_has_no_empty_concept() {
        assert!(CONCEPTS.len() > 20);
        assert!(CONCEPTS.values().all(|entries| !entries.is_empty()));
    }
}

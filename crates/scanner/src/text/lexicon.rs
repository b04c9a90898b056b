//! The concepts that rules speak of: verbs, objects, destinations, each a list of words, paths and phrases.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::sentence::{Sentence, TokenKind, parts_of};
use super::stem::stem;

/// Number of a concept.
pub(crate) type Concept = u16;

/// One occurrence of a concept in a sentence, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) concept: Concept,
    pub(crate) start: u8,
    pub(crate) end: u8,
}

/// `concept: [word, two words, "*part of a path", "*end of one$", "@url"]`.
pub(crate) static CONCEPTS: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
    serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/lexicon.json")))
        .expect("the lexicon is a constant that the tests parse")
});

/// Words and phrases, found token by token.
#[derive(Debug)]
pub(crate) struct Lexicon {
    numbers: HashMap<String, Concept>,
    /// By the first stem: the stems that must follow, and what it is then.
    phrases: HashMap<String, Vec<(Vec<String>, Concept)>>,
    kinds: Vec<(TokenKind, Concept)>,
    parts: AhoCorasick,
    part_concepts: Vec<Concept>,
    /// Ends of paths, written `*.sh$`.
    ends: Vec<(String, Concept)>,
}

impl Lexicon {
    /// The concepts of the lexicon, and a concept of its own for each of the words that rules name.
    pub(crate) fn with_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut lexicon = Self {
            numbers: HashMap::new(),
            phrases: HashMap::new(),
            kinds: Vec::new(),
            parts: AhoCorasick::new([""; 0]).expect("no patterns, no failure"),
            part_concepts: Vec::new(),
            ends: Vec::new(),
        };
        let mut parts = Vec::new();
        for (name, entries) in CONCEPTS.iter() {
            let concept = lexicon.number(name);
            for entry in entries {
                lexicon.add(entry, concept, &mut parts);
            }
        }
        for word in words {
            if !lexicon.numbers.contains_key(&literal(word)) {
                let concept = lexicon.number(&literal(word));
                lexicon.add(word, concept, &mut parts);
            }
        }
        if let Ok(automaton) = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(&parts)
        {
            lexicon.parts = automaton;
        }
        lexicon
    }

    fn number(&mut self, name: &str) -> Concept {
        let next = Concept::try_from(self.numbers.len()).unwrap_or(Concept::MAX);
        *self.numbers.entry(name.to_owned()).or_insert(next)
    }

    fn add(&mut self, entry: &str, concept: Concept, parts: &mut Vec<String>) {
        if let Some(part) = entry.strip_prefix('*') {
            match part.strip_suffix('$') {
                Some(end) => self.ends.push((end.to_owned(), concept)),
                None => {
                    parts.push(part.to_owned());
                    self.part_concepts.push(concept);
                }
            }
            return;
        }
        match entry {
            "@url" => self.kinds.push((TokenKind::Url, concept)),
            "@email" => self.kinds.push((TokenKind::Email, concept)),
            "@number" => self.kinds.push((TokenKind::Number, concept)),
            "@path" => self.kinds.push((TokenKind::Path, concept)),
            _ => {
                let mut words = entry
                    .split(' ')
                    .flat_map(parts_of)
                    .map(|word| stem(word).into_owned());
                if let Some(first) = words.next() {
                    let rest = words.collect();
                    self.phrases.entry(first).or_default().push((rest, concept));
                }
            }
        }
    }

    /// How many concepts there are.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
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
                if let (Ok(start), Ok(end)) = (u8::try_from(at), u8::try_from(at + length)) {
                    hits.push(Hit {
                        concept,
                        start,
                        end,
                    });
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
            let Some(phrases) = self.phrases.get(token.text.as_ref()) else {
                continue;
            };
            for (rest, concept) in phrases {
                let follows = rest.iter().enumerate().all(|(ahead, word)| {
                    sentence
                        .tokens
                        .get(at + 1 + ahead)
                        .is_some_and(|next| next.text == *word)
                });
                if follows {
                    add(*concept, 1 + rest.len());
                }
            }
        }
    }
}

/// Words that rules name are kept apart from the names of concepts.
fn literal(word: &str) -> String {
    format!("={word}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lexicon_parses_and_has_no_empty_concept() {
        assert!(CONCEPTS.len() > 20);
        assert!(CONCEPTS.values().all(|entries| !entries.is_empty()));
    }
}

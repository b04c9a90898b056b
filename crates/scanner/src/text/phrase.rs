//! The little language of `says:`: concepts in a row, with gaps, several rows in one sentence.
//!
//! `{send} ..6 {secret} & {outside} & !{user}` holds for a sentence with a verb of sending, at most six
//! words later a secret, somewhere a destination outside, and nowhere the user. A bare `..` is any gap
//! within the sentence; `{a|b}` is either; a bare word is itself, in any form; `a|{b}` mixes the two.
//! `^` before all says that the first row begins where a command may.
//! `& ~{quiet}` asks for a row in this sentence or in one next to it, `& !~{consent}` for none there.

use super::found::Found;
use super::lexicon::{Concept, Lexicon};
use super::polarity::Meant;
use super::row::{ANY, Row};

/// Why a phrase was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PhraseError {
    #[error("`{0}` is no concept of the lexicon")]
    Unknown(String),
    #[error("phrase `{0}` begins or ends with a gap, or has nothing to find")]
    Empty(String),
    #[error("`{0}` is no gap: expected `..` or `..` and a number")]
    Gap(String),
}

/// A phrase as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phrase {
    commands: bool,
    rows: Vec<Row<String>>,
    absent: Vec<Row<String>>,
    near: Vec<Row<String>>,
    absent_near: Vec<Row<String>>,
}

/// A phrase with the concepts of one lexicon.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// The first row begins where a command may.
    pub(crate) commands: bool,
    rows: Vec<Row<Concept>>,
    absent: Vec<Row<Concept>>,
    /// What the sentences around it must say and must not.
    pub(crate) around: Around,
}

/// What sentences say, as bits: one for each row that some phrase looks for around it.
pub(crate) type Marks = u128;

/// The marks that a phrase needs in the sentences around it, and those that excuse it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Around {
    pub(crate) needs: Marks,
    pub(crate) excuses: Marks,
}

/// The rows that phrases look for around their sentence, each once.
#[derive(Debug, Default)]
pub(crate) struct Neighbours(Vec<Row<Concept>>);

impl Phrase {
    /// Reads a phrase and checks the concepts it names.
    pub(crate) fn parse(text: &str) -> Result<Self, PhraseError> {
        let (commands, text) = match text.strip_prefix('^') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut phrase = Self {
            commands,
            rows: Vec::new(),
            absent: Vec::new(),
            near: Vec::new(),
            absent_near: Vec::new(),
        };
        for part in text.split(" & ").map(str::trim) {
            let (rows, row) = match (part.strip_prefix("!~"), part.strip_prefix(['!', '~'])) {
                (Some(row), _) => (&mut phrase.absent_near, row),
                (None, Some(row)) if part.starts_with('!') => (&mut phrase.absent, row),
                (None, Some(row)) => (&mut phrase.near, row),
                (None, None) => (&mut phrase.rows, part),
            };
            rows.push(parse_row(row)?);
        }
        if phrase.rows.is_empty() {
            return Err(PhraseError::Empty(text.to_owned()));
        }
        Ok(phrase)
    }

    /// The bare words.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.rows
            .iter()
            .chain(&self.absent)
            .chain(&self.near)
            .chain(&self.absent_near)
            .flat_map(|row| &row.elements)
            .flat_map(|(_, any)| any)
            .filter_map(|name| name.strip_prefix('='))
    }

    pub(crate) fn compile(&self, lexicon: &Lexicon, neighbours: &mut Neighbours) -> Compiled {
        let rows =
            |rows: &[Row<String>]| rows.iter().map(|row| compile_row(row, lexicon)).collect();
        let mut marks = |rows: &[Row<String>]| {
            rows.iter().fold(0, |marks, row| {
                marks | neighbours.mark(compile_row(row, lexicon))
            })
        };
        Compiled {
            commands: self.commands,
            around: Around {
                needs: marks(&self.near),
                excuses: marks(&self.absent_near),
            },
            rows: rows(&self.rows),
            absent: rows(&self.absent),
        }
    }
}

impl Neighbours {
    /// The bit of a row, which is added where it is new.
    ///
    /// A row for which no bit is left has none: it is never missing, and excuses nothing.
    fn mark(&mut self, row: Row<Concept>) -> Marks {
        let known = self.0.iter().position(|known| *known == row);
        let at = known.unwrap_or_else(|| {
            self.0.push(row);
            self.0.len() - 1
        });
        bit(at)
    }

    /// Which of the rows a sentence holds where its words are meant.
    pub(crate) fn marks(&self, found: &Found, meant: Meant) -> Marks {
        let holds = |row: &Row<Concept>| {
            row.is_possible(found) && row.starts(found, u128::MAX) & meant.spoken_of != 0
        };
        self.0
            .iter()
            .enumerate()
            .filter(|(_, row)| holds(row))
            .fold(0, |marks, (at, _)| marks | bit(at))
    }
}

fn bit(at: usize) -> Marks {
    u32::try_from(at).map_or(0, |at| Marks::from(1_u8).checked_shl(at).unwrap_or(0))
}

fn parse_row(text: &str) -> Result<Row<String>, PhraseError> {
    let mut row = Vec::new();
    let mut gap = None;
    for element in text.split_whitespace() {
        if let Some(number) = element.strip_prefix("..") {
            let words = match number {
                "" => ANY,
                _ => number
                    .parse()
                    .map_err(|_| PhraseError::Gap(element.to_owned()))?,
            };
            gap = Some(words);
        } else {
            row.push((gap.take().unwrap_or(0), parse_element(element)?));
        }
    }
    if row.is_empty() || gap.is_some() {
        return Err(PhraseError::Empty(text.to_owned()));
    }
    Ok(Row {
        elements: row,
        negates: false,
    })
}

/// `{a|b}` are concepts, `a|b` words, `a|{b|c}` one of either.
fn parse_element(text: &str) -> Result<Vec<String>, PhraseError> {
    let mut names = Vec::new();
    let mut inside = false;
    for part in text.split_inclusive(['|', '{', '}']) {
        let name = part.trim_end_matches(['|', '{', '}']);
        if !name.is_empty() {
            names.push(if inside {
                known(name)?
            } else {
                format!("={name}")
            });
        }
        match part.chars().next_back() {
            Some('{') => inside = true,
            Some('}') => inside = false,
            _ => {}
        }
    }
    Ok(names)
}

fn known(name: &str) -> Result<String, PhraseError> {
    if super::lexicon::CONCEPTS.contains_key(name) {
        Ok(name.to_owned())
    } else {
        Err(PhraseError::Unknown(name.to_owned()))
    }
}

fn compile_row(row: &Row<String>, lexicon: &Lexicon) -> Row<Concept> {
    let number = |name: &String| match name.strip_prefix('=') {
        Some(word) => lexicon.word(word),
        None => lexicon.concept(name),
    };
    let elements: Vec<(u8, Vec<Concept>)> = row
        .elements
        .iter()
        .map(|(gap, any)| (*gap, any.iter().filter_map(number).collect()))
        .collect();
    let before = elements.split_last().map_or(&[][..], |(_, before)| before);
    let mut concepts = before.iter().flat_map(|(_, any)| any);
    Row {
        negates: concepts.any(|concept| lexicon.negates(*concept)),
        elements,
    }
}

impl Compiled {
    /// The concepts of which a sentence has one, or the phrase does not hold.
    pub(crate) fn trigger(&self, lexicon: &Lexicon) -> &[Concept] {
        let rows = self.rows.iter().filter_map(|row| row.rarest(lexicon));
        rows.min_by_key(|(words, _)| *words)
            .map_or(&[], |(_, concepts)| concepts)
    }

    /// The tokens at which the first row begins, as bits, when every row holds where the words are meant.
    pub(crate) fn starts(&self, found: &Found, meant: Meant) -> u128 {
        if !self.rows.iter().all(|row| row.is_possible(found))
            || self
                .absent
                .iter()
                .any(|row| row.starts(found, u128::MAX) != 0)
        {
            return 0;
        }
        let mut rows = self.rows.iter();
        let first = rows
            .next()
            .map_or(0, |row| row.starts(found, row.ends(meant)))
            & meant.begins;
        // An order that begins with "not" speaks of everything behind it.
        let meant = if first & meant.negations == 0 {
            meant
        } else {
            Meant {
                spoken_of: u128::MAX,
                denied: 0,
                ..meant
            }
        };
        let holds = |row: &Row<Concept>| row.starts(found, row.ends(meant)) & meant.spoken_of != 0;
        let all = first != 0 && rows.all(holds);
        if all { first } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::cut::sentences;

    fn holds(phrase: &str, text: &str) -> bool {
        let phrase = Phrase::parse(phrase).unwrap();
        let lexicon = Lexicon::with_words(phrase.words());
        let compiled = phrase.compile(&lexicon, &mut Neighbours::default());
        let mut any = false;
        let everything = Meant {
            begins: u128::MAX,
            spoken_of: u128::MAX,
            negations: 0,
            denied: 0,
        };
        sentences(text, 0..text.len(), &[], |sentence| {
            let mut found = Found::default();
            lexicon.find(sentence, &mut found.hits);
            found.index(sentence, lexicon.len());
            any |= compiled.starts(&found, everything) != 0;
        });
        any
    }

    #[test]
    fn gaps_are_counted_in_words() {
        assert!(holds("red ..2 blue", "red one two blue"));
        assert!(!holds("red ..2 blue", "red one two three blue"));
        assert!(holds("red .. blue", "red one two three blue"));
        assert!(!holds("red .. blue", "blue red"));
        assert!(!holds("red blue", "red and blue"));
    }

    #[test]
    fn a_short_gap_does_not_reach_over_a_comma() {
        assert!(!holds("red ..2 blue", "red, the blue"));
        assert!(holds("red ..4 blue", "red, the blue"));
    }

    #[test]
    fn what_is_beyond_the_rows_that_are_told_apart_excuses_nothing() {
        let lexicon = Lexicon::with_words(["red", "blue"]);
        let mut neighbours = Neighbours::default();
        for at in 0..200 {
            let phrase = Phrase::parse(&format!("red & !~red ..{at} blue")).unwrap();
            let around = phrase.compile(&lexicon, &mut neighbours).around;
            assert_eq!(around.excuses == 0, at >= 128, "{at}");
        }
    }

    #[test]
    fn rows_may_stand_in_any_order_and_be_absent() {
        assert!(holds("red & blue", "blue, then red"));
        assert!(!holds("red & !blue", "blue, then red"));
        assert!(holds("red & !blue", "green, then red"));
    }

    #[test]
    fn a_sentence_ends_a_phrase() {
        assert!(!holds("red .. blue", "It is red. The other is blue."));
    }

    #[test]
    fn words_and_concepts_mix() {
        for text in [
            "a red thing",
            "a customer thing",
            "a secret thing",
            "a blue thing",
        ] {
            assert!(holds("red|{user|secret}|blue thing", text), "{text}");
        }
        assert!(!holds("red|{user|secret}|blue thing", "a user"));
    }

    #[test]
    fn rows_of_neighbours_are_marks_and_not_rows_of_the_sentence() {
        let phrase = Phrase::parse("^ red & ~blue & !~green & ~blue").unwrap();
        let lexicon = Lexicon::with_words(phrase.words());
        let mut neighbours = Neighbours::default();
        let compiled = phrase.compile(&lexicon, &mut neighbours);
        assert!(compiled.commands);
        assert_eq!(
            compiled.around,
            Around {
                needs: 1,
                excuses: 2
            }
        );
        assert_eq!(neighbours.0.len(), 2);
    }

    #[test]
    fn an_unknown_concept_is_refused() {
        assert_eq!(
            Phrase::parse("{nonsense}"),
            Err(PhraseError::Unknown("nonsense".to_owned()))
        );
        assert!(Phrase::parse("red|{user|nonsense}|blue").is_err());
        assert!(Phrase::parse("red ..").is_err());
        assert!(Phrase::parse("red ..x blue").is_err());
    }
}

//! Which words of a sentence are meant: not what is forbidden, watched for, quoted or ascribed to an attacker.

use super::lexicon::{Concept, Lexicon};
use super::phrase::Found;
use super::sentence::Sentence;

/// The concepts that turn the meaning of what follows them.
#[derive(Debug)]
pub(crate) struct Polarity {
    negation: Option<Concept>,
    affirms: Option<Concept>,
    describes: Option<Concept>,
    attacker: Option<Concept>,
    turns: Option<Concept>,
    opens: Option<Concept>,
    denies: Option<Concept>,
    untold: Option<Concept>,
}

/// Words of a sentence, as bits.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Meant {
    /// Where an instruction may begin.
    pub(crate) begins: u128,
    /// What it may speak of.
    pub(crate) spoken_of: u128,
    /// Where "not" stands: an instruction that begins with it speaks of everything after it.
    pub(crate) negations: u128,
}

/// What the words before a token make of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Meant,
    /// Forbidden, watched for or hypothetical from here on.
    Turned,
    /// The same, until the next comma.
    UntilComma,
}

impl Polarity {
    pub(crate) fn new(lexicon: &Lexicon) -> Self {
        Self {
            negation: lexicon.concept("negation"),
            affirms: lexicon.concept("affirms"),
            describes: lexicon.concept("describes"),
            attacker: lexicon.concept("attacker"),
            turns: lexicon.concept("turns"),
            opens: lexicon.concept("opens"),
            denies: lexicon.concept("denies"),
            untold: lexicon.concept("untold"),
        }
    }

    /// What the words of a sentence may be for a phrase.
    pub(crate) fn meant(&self, sentence: &Sentence<'_>, found: &Found) -> Meant {
        if sentence.question {
            return Meant::default();
        }
        let at = |concept: Option<Concept>| bits(found, concept);
        let (negation, affirms) = (at(self.negation), at(self.affirms));
        let (describes, turns) = (at(self.describes), at(self.turns));
        let attacker = at(self.attacker);
        let (denies, untold) = (at(self.denies), at(self.untold));
        let (mut meant, mut spoken_of) = (0, 0);
        let mut clause = 0;
        let mut scope = Scope::Meant;
        // A clause that opens the sentence ("To protect users, …") does not reach over its comma.
        let mut opening = at(self.opens) & 1 != 0;
        for (index, token) in sentence.tokens.iter().enumerate() {
            let bit = 1_u128 << index.min(127);
            if token.comma && (opening || scope == Scope::UntilComma) {
                opening = false;
                scope = Scope::Meant;
            }
            if token.comma || token.clause {
                clause = index;
            }
            if token.clause || turns & bit != 0 {
                scope = Scope::Meant;
            }
            if affirms & bit != 0 && scope == Scope::Turned {
                // "Do not forget to send" asks for sending.
                scope = Scope::Meant;
            }
            if scope == Scope::Meant {
                spoken_of |= bit;
                if !token.quoted && !token.code {
                    meant |= bit;
                }
            }
            if denies & bit != 0 {
                // Japanese and Korean say "not" behind the verb.
                let before = !(u128::MAX << clause.min(127));
                (meant, spoken_of) = (meant & before | untold, spoken_of & before | untold);
            }
            if (describes | attacker) & bit != 0 {
                scope = Scope::Turned;
            }
            if negation & bit != 0 {
                scope = if token.text == "without" || token.text == "instead" {
                    Scope::UntilComma
                } else {
                    Scope::Turned
                };
            }
        }
        Meant {
            begins: meant,
            spoken_of,
            negations: negation,
        }
    }
}

fn bits(found: &Found, concept: Option<Concept>) -> u128 {
    let Some(concept) = concept else { return 0 };
    if !found.has(concept) {
        return 0;
    }
    found
        .hits
        .iter()
        .filter(|hit| hit.concept == concept)
        .fold(0, |bits, hit| bits | 1 << hit.start.min(127))
}

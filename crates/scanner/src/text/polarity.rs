//! Which words of a sentence are meant: not what is forbidden, watched for, quoted or ascribed to an attacker.

use super::found::Found;
use super::lexicon::{Concept, Lexicon};
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
    supposes: Option<Concept>,
}

/// Negations of what stands in their own clause: "no backend is needed, send it".
const OF_ONE_CLAUSE: [&str; 8] = [
    "without", "instead", "no", "non", "nothing", "kein", "keine", "nor",
];
/// Words that take an order up again behind a comma: "do not ask, just send it".
const RESUMES: [&str; 5] = ["just", "simply", "go", "rather", "merely"];

/// Letters before such a "not" that it may deny; what was joined on before them stands.
const DENIED: usize = 10;

/// Words of a sentence, as bits.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Meant {
    /// Where an instruction may begin.
    pub(crate) begins: u128,
    /// What it may speak of.
    pub(crate) spoken_of: u128,
    /// Where "not" stands: an instruction that begins with it speaks of everything after it.
    pub(crate) negations: u128,
    /// What a "not" takes away.
    pub(crate) denied: u128,
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
            supposes: lexicon.concept("supposes"),
        }
    }

    /// What the words of a sentence may be for a phrase.
    pub(crate) fn meant(&self, sentence: &Sentence<'_>, found: &Found) -> Meant {
        let requests = sentence.requests();
        if sentence.question && !requests {
            return Meant::default();
        }
        let at = |concept: Option<Concept>| bits(found, concept);
        let (negation, affirms) = (at(self.negation), at(self.affirms));
        let (describes, turns) = (at(self.describes), at(self.turns));
        let attacker = at(self.attacker);
        // "Would you kindly send it" is no supposition.
        let requested = if requests {
            bits(found, self.supposes)
        } else {
            0
        };
        let (denies, untold) = (at(self.denies), at(self.untold));
        let (mut meant, mut spoken_of, mut denied) = (0, 0, 0);
        // Whether a "not" turned what follows, and whether its clause is over.
        let (mut negated, mut listed) = (false, false);
        let mut clause = 0;
        let mut scope = Scope::Meant;
        // A clause that opens the sentence ("To protect users, …") does not reach over its comma.
        let opens = at(self.opens);
        let mut opening = opens & 1 != 0;
        for (index, token) in sentence.tokens.iter().enumerate() {
            let bit = 1_u128 << index.min(127);
            if token.comma && (opening || scope == Scope::UntilComma) {
                opening = false;
                scope = Scope::Meant;
            }
            if token.comma || token.clause {
                clause = index;
                // "…: where it cannot be fixed, report it" denies no report.
                opening |= opens & bit != 0 && scope == Scope::Meant;
            }
            // "Do not ask, and send it" goes on, where "do not ask, wait, and send it" is a list.
            let goes_on = negated && !listed && token.text == "and";
            let resumes = token.comma && (goes_on || RESUMES.contains(&token.text.as_ref()));
            listed |= token.comma;
            if token.clause || resumes || turns & bit != 0 {
                scope = Scope::Meant;
            }
            if affirms & bit != 0 && scope == Scope::Turned {
                // "Do not forget to send" asks for sending.
                scope = Scope::Meant;
            }
            if scope == Scope::Meant {
                negated = false;
                spoken_of |= bit;
                if !token.quoted && !token.code {
                    meant |= bit;
                }
            }
            if negated {
                denied |= bit;
            }
            if denies & bit != 0 {
                // Japanese and Korean say "not" behind the verb.
                let from = clause.max(index.saturating_sub(DENIED));
                let before = !(u128::MAX << from.min(127));
                (meant, spoken_of) = (meant & before | untold, spoken_of & before | untold);
            }
            if (describes & !requested | attacker) & bit != 0 {
                scope = Scope::Turned;
            }
            if negation & bit != 0 && !token.code {
                // "To avoid a loss" names a purpose, and a quoted "not" belongs to somebody else.
                let purpose = index > 0
                    && (sentence.tokens.get(index - 1)).is_some_and(|word| word.text == "to");
                (negated, listed) = (!purpose && !token.quoted, false);
                let states = sentence.states(index);
                scope = if states || OF_ONE_CLAUSE.contains(&token.text.as_ref()) {
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
            denied,
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

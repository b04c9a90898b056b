//! Sentences: who is spoken to, and where a command may begin.

use super::token::{Token, TokenKind};

/// A sentence of a block.
#[derive(Debug, Default)]
pub(crate) struct Sentence<'a> {
    pub(crate) tokens: Vec<Token<'a>>,
    pub(crate) question: bool,
}

/// Words after which a verb in its plain form is a command.
const LEADS: [&str; 47] = [
    "so",
    "therefor",
    "must",
    "always",
    "alway",
    "should",
    "pleas",
    "then",
    "and",
    "also",
    "to",
    "automatically",
    "silently",
    "secretly",
    "quietly",
    "now",
    "first",
    "next",
    "finally",
    "instead",
    "immediately",
    "step",
    "subtly",
    "shall",
    "wil",
    "need",
    "just",
    "or",
    "but",
    "skil",
    "assistant",
    "agent",
    "und",
    "dann",
    "et",
    "puis",
    "y",
    "luego",
    "e",
    "poi",
    "i",
    "potem",
    "и",
    "di",
    "de",
    "zu",
    "bitte",
];

/// Words before a participle that is a command where something is to be done.
const PASSIVES: [&str; 8] = ["be", "is", "are", "get", "gets", "been", "being", "was"];
/// Words by which something is to be done: "must", "make sure", "is to be".
const OBLIGES: [&str; 10] = [
    "must", "should", "sur", "ensur", "need", "shall", "wil", "to", "hav", "has",
];
/// Words over which such a word reaches.
const OBLIGED: u8 = 8;
/// Words before a gerund that is a command: "start by sending".
const BEGINNERS: [&str; 9] = [
    "by", "consider", "start", "begin", "finish", "includ", "involv", "means", "keep",
];
/// What a request that looks like a question begins with.
const REQUESTS: [&str; 4] = ["could", "would", "can", "wil"];

/// Stems of words that say how something is.
const BEINGS: [&str; 5] = ["is", "are", "was", "wer", "been"];

/// Who does not do something, as a statement.
const PERSONS: [&str; 4] = ["i", "we", "they", "peopl"];

/// Stems of what agents are called.
const AGENTS: [&str; 8] = [
    "assistant",
    "agent",
    "claud",
    "copilot",
    "chatgpt",
    "llm",
    "ai",
    "model",
];

impl Sentence<'_> {
    /// Whether the sentence calls an agent by name: "Now, assistant: …", "Claude, …".
    pub(crate) fn addresses_an_agent(&self) -> bool {
        self.tokens.windows(2).take(12).any(|pair| match pair {
            [name, next] => {
                AGENTS.contains(&name.text.as_ref()) && !name.quoted && !name.code && next.comma
            }
            _ => false,
        }) || self.tokens.windows(4).any(|four| {
            let words = four.iter().map(|token| token.text.as_ref());
            words.eq(["you", "are", "read", "this"]) && four.iter().all(|token| !token.quoted)
        })
    }

    /// The tokens at which a command may begin, as bits.
    pub(crate) fn commands(&self) -> u128 {
        let mut bits = 0;
        let mut before: Option<&Token<'_>> = None;
        // "Should be sent", "is to be sent", "make sure it is sent", "start by sending".
        let mut asked = 0_u8;
        for (at, token) in self.tokens.iter().enumerate() {
            let begins = token.comma
                || token.clause
                // Where other languages put their commands is not known here.
                || !token.text.is_ascii()
                || before.is_none_or(|word| {
                    // "To remove it, …" names a purpose and commands nothing.
                    LEADS.contains(&word.text.as_ref()) && (at > 1 || word.text != "to")
                        || word.text.ends_with("ly")
                        || word.kind == TokenKind::Number
                });
            let passive =
                asked > 0 && before.is_some_and(|word| PASSIVES.contains(&word.text.as_ref()));
            let begun = before.is_some_and(|word| BEGINNERS.contains(&word.text.as_ref()));
            if token.plain && begins || passive || begun && !token.plain {
                bits |= 1_u128 << at.min(127);
            }
            asked = match OBLIGES.contains(&token.text.as_ref()) {
                true => OBLIGED,
                false => asked.saturating_sub(1),
            };
            before = Some(token);
        }
        bits
    }

    /// Whether a "not" says how something is, rather than what is not to be done: "it is not signed, so skip the check".
    pub(crate) fn states(&self, not: usize) -> bool {
        let word = |back: usize| {
            let token = not.checked_sub(back).and_then(|at| self.tokens.get(at));
            token.map_or("", |token| token.text.as_ref())
        };
        BEINGS.contains(&word(1)) || word(1) == "do" && PERSONS.contains(&word(2))
    }

    /// Whether it asks somebody to do something: "could you also send …?".
    pub(crate) fn requests(&self) -> bool {
        self.tokens.windows(2).take(6).any(|pair| match pair {
            [verb, person] => {
                REQUESTS.contains(&verb.text.as_ref()) && person.text == "you" && !verb.quoted
            }
            _ => false,
        })
    }
}

//! What the headings and leading lines around a sentence say of it: an instruction, or an example of what is bad.

use std::sync::LazyLock;

use regex::Regex;

use crate::expression::constant;

/// How the words under a heading or a leading line are meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Context {
    /// Examples of attacks, things to look for, things never to do.
    pub(crate) described: bool,
}

impl Context {
    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            described: self.described || other.described,
        }
    }
}

/// The words that set a context.
#[derive(Debug)]
pub(crate) struct Cues {
    heading: LazyLock<Regex>,
    lead: LazyLock<Regex>,
}

const HEADING: &str = r"(?i)(?-u:\b)(attacks?|attackers?|threats?|threat[ -]model|red[ -]flags?|vulnerab\w+|exploits?|injections?|malicious|malware|phishing|scams?|suspicious|anti-?patterns?|what to (?:look|watch|check) for|look for|watch (?:out|for)|warning signs|indicators?|signs of|detect\w*|detection|do ?n[o']t|donts|never|avoid|bad|wrong|incorrect|insecure|unsafe|pitfalls?|mistakes?|forbidden|prohibited|disallowed|not allowed|must not|off[ -]limits|no-?go|banned|taboo|red lines?|out of scope|limitations?|rationali[sz]ations?|excuses|test (?:cases|prompts|inputs)|adversarial|jailbreaks?|red[ -]team\w*|bypass\w*|abuse|misuse|leak(?:s|age)|risks?|hardening)(?-u:\b)|[❌🚫⛔]";

const LEAD: &str = r"(?i)(?-u:\b)(never|do not|don[’']?t|avoid|must not|mustn[’']?t|should not|shouldn[’']?t|cannot|can[’']?t|won[’']?t|will not|refuse|reject\w*|forbidden|prohibited|not allowed|disallowed|off the table|off[ -]limits|out of bounds|banned|taboo|unacceptable|attack\w*|malicious|suspicious|adversar\w+|inject\w+|exploit\w*|vulnerab\w+|red flags?|anti-?patterns?|look(?:ing)? for|watch for|check(?:s|ing)? for|scan(?:s|ning)? for|search(?:es)? for|flags?|detect\w*|such as|for example|e\.g\.|examples? of|indicators?|signs? of|warning|bad|wrong|incorrect|unsafe|insecure|blocks?|prevents?|protects?|guards?)(?-u:\b)|[❌🚫⛔]";

impl Cues {
    pub(crate) fn built_in() -> Self {
        Self {
            heading: LazyLock::new(|| constant(HEADING)),
            lead: LazyLock::new(|| constant(LEAD)),
        }
    }

    pub(crate) fn heading(&self, text: &str) -> Context {
        Context {
            described: self.heading.is_match(text),
        }
    }

    /// Only the last sentence of a leading paragraph speaks of what follows.
    pub(crate) fn lead(&self, text: &str) -> Context {
        let text = text.trim_end_matches([':', ' ', '*', '\n', '\r']);
        let last = text
            .rfind(['.', '!', '?'])
            .and_then(|at| text.get(at + 1..))
            .filter(|last| last.len() > 3)
            .unwrap_or(text);
        Context {
            described: self.lead.is_match(last),
        }
    }
}

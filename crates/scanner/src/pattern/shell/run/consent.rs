//! What a person was asked before something is changed, and whether the answer counts.

use super::Run;
use crate::pattern::shell::What;

/// What a person was asked, the variable that holds the answer, and the facts before it.
pub(super) struct Question {
    text: String,
    answer: String,
    at: usize,
}

impl Run {
    /// A person is asked; without words of its own the question is what was said before.
    pub(in crate::pattern::shell) fn ask(&mut self, prompt: &str, answer: &str) {
        let text = if prompt.contains('?') {
            prompt.to_owned()
        } else {
            self.said.clone()
        };
        self.asked = Some(Question {
            text,
            answer: answer.to_owned(),
            at: self.facts.len(),
        });
    }

    /// Whether a person was asked something, and the answer was looked at.
    pub(super) fn went_on(&self) -> bool {
        self.asked
            .as_ref()
            .is_some_and(|question| question.text.contains('?') && self.looked_at(question))
    }

    fn looked_at(&self, question: &Question) -> bool {
        let answered = self.facts.get(question.at..).unwrap_or_default();
        answered
            .iter()
            .any(|fact| matches!(&fact.what, What::Variable(name) if *name == question.answer))
    }

    /// Whether a person was asked about this file, or about what it is for, and the answer was looked at.
    pub(super) fn agreed(&self, path: &str) -> bool {
        let Some(question) = &self.asked else {
            return false;
        };
        let name = path.rsplit('/').next().unwrap_or(path);
        let about = [
            "start",
            "login",
            "shell",
            "profile",
            "path",
            "completion",
            "alias",
            "service",
            "timer",
            "launch",
            "agent",
        ];
        let text = question.text.to_ascii_lowercase();
        // A question that names a file is about that one.
        let named = text.contains("/.") || text.contains(name);
        let fits = if named {
            text.contains(name)
        } else {
            about.iter().any(|word| text.contains(word))
        };
        self.looked_at(question) && text.contains('?') && fits
    }
}

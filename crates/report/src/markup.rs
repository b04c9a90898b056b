//! XML and HTML text in which nothing from outside can become markup.

use crate::escape::{spans, visible};

/// Markup under construction: tags come from string literals only, everything else is escaped.
#[derive(Default)]
pub(crate) struct Markup(String);

impl Markup {
    /// Appends markup of our own.
    pub(crate) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Appends one line of text, also inside a quoted attribute.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.entities(&visible(text))
    }

    /// Appends a sentence for HTML, with what stands between backticks as code.
    pub(crate) fn prose(&mut self, text: &str) -> &mut Self {
        for (is_code, part) in spans(text) {
            match is_code {
                true => self.raw("<code>").text(part).raw("</code>"),
                false => self.text(part),
            };
        }
        self
    }

    /// Appends a number.
    pub(crate) fn number(&mut self, number: u64) -> &mut Self {
        self.0.push_str(&number.to_string());
        self
    }

    /// Appends markup that was built in the same way.
    pub(crate) fn append(&mut self, other: &Self) -> &mut Self {
        self.0.push_str(&other.0);
        self
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn entities(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                character => self.0.push(character),
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_place() {
        let mut markup = Markup::default();
        markup
            .raw("<a title='")
            .text("'><script>&\"\u{0}\n")
            .raw("'/>");
        assert_eq!(
            markup.0,
            r"<a title='&#39;&gt;&lt;script&gt;&amp;&quot;\u{0}\n'/>"
        );
    }
}

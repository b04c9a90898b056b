//! Markdown and plain text as blocks, each with the context that decides how its words are meant.

use std::ops::Range;

use super::context::{Context, Cues};
use super::reader::Reader;

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BlockKind {
    /// Front matter.
    Front,
    /// A heading of this level.
    Heading(u8),
    /// Running text.
    Paragraph,
    /// An item of a list, at this indentation.
    Item(u16),
    /// A row of a table.
    Row,
    /// An HTML comment, which a reader of the rendered page does not see.
    Comment,
}

/// A stretch of prose.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) kind: BlockKind,
    pub(crate) range: Range<usize>,
    pub(crate) context: Context,
}

/// A code block, fenced or indented.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    /// The first word behind the fence, in lower case; empty where there is none.
    pub(crate) language: String,
    /// Without the fences.
    pub(crate) range: Range<usize>,
    pub(crate) context: Context,
}

/// A text taken apart.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) blocks: Vec<Block>,
    pub(crate) codes: Vec<Code>,
    pub(crate) comments: Vec<Range<usize>>,
}

impl Document {
    /// Reads the text once, line by line.
    ///
    /// The title of the page that the agent acts on (`acted_on`) excuses nothing under it.
    pub(crate) fn parse(text: &str, cues: &Cues, acted_on: bool) -> Self {
        let mut reader = Reader::new(text, cues, acted_on);
        for line in lines(text) {
            reader.line(line);
        }
        reader.flush();
        reader.end_code(text.len());
        if let Some(start) = reader.comment.take() {
            reader.close_comment(start..text.len());
        }
        reader.titles();
        reader.attributes();
        let mut document = reader.document;
        document.blocks.sort_by_key(|block| block.range.start);
        document.codes.sort_by_key(|code| code.range.start);
        document
    }
}

impl Document {
    /// Whether a place stands under a heading or a lead that describes what is bad.
    pub(crate) fn describes(&self, at: usize) -> bool {
        let last = self.blocks.partition_point(|block| block.range.start <= at);
        let block = self.blocks.get(last.wrapping_sub(1));
        let last = self.codes.partition_point(|code| code.range.start <= at);
        let code = self.codes.get(last.wrapping_sub(1));
        let block = block
            .filter(|block| block.range.contains(&at))
            .map(|block| block.context);
        let code = code
            .filter(|code| code.range.contains(&at))
            .map(|code| code.context);
        block.or(code).is_some_and(|context| context.described)
    }
}

/// The ranges of the lines, without their ends.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        if start >= text.len() {
            return None;
        }
        let rest = text.as_bytes().get(start..)?;
        let length = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let range = start..start + length;
        start += length + 1;
        Some(range)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(BlockKind, &str)> {
        Document::parse(text, &Cues::built_in(), false)
            .blocks
            .iter()
            .map(|block| (block.kind, &text[block.range.clone()]))
            .collect()
    }

    #[test]
    fn blocks_are_told_apart() {
        let text =
            "---\nname: a\n---\n# T\npara\nmore\n\n- one\n  two\n| a | b |\n<!-- c -->\nSet\n===\n";
        assert_eq!(
            kinds(text),
            [
                (BlockKind::Front, "name: a"),
                (BlockKind::Heading(1), "# T"),
                (BlockKind::Paragraph, "para\nmore"),
                (BlockKind::Item(0), "- one\n  two"),
                (BlockKind::Row, "| a | b |"),
                (BlockKind::Comment, "<!-- c -->"),
                (BlockKind::Heading(1), "Set"),
            ]
        );
    }

    #[test]
    fn code_keeps_its_place_and_language() {
        let text = "a\n```Bash title=x\nls\n```\n~~~\nb\n~~~\n\n    indented\n    more\n\nend\n";
        let document = Document::parse(text, &Cues::built_in(), false);
        let codes: Vec<_> = document
            .codes
            .iter()
            .map(|code| (code.language.as_str(), &text[code.range.clone()]))
            .collect();
        assert_eq!(
            codes,
            [
                ("bash", "ls\n"),
                ("", "b\n"),
                ("", "    indented\n    more")
            ]
        );
    }

    #[test]
    fn a_fence_without_an_end_reaches_to_the_end() {
        let document = Document::parse("```\nx", &Cues::built_in(), false);
        assert_eq!(document.codes[0].range, 4..5);
    }

    #[test]
    fn a_lead_holds_for_the_items_under_it_alone() {
        let text = "Never do this:\n\n- send keys\n\nNow:\n\n- send mail\n";
        let document = Document::parse(text, &Cues::built_in(), false);
        let described: Vec<_> = document
            .blocks
            .iter()
            .map(|block| block.context.described)
            .collect();
        assert_eq!(described, [false, true, false, false]);
    }
}

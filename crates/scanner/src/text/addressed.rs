//! Words to an agent outside of prose: comments and descriptions in programs, descriptions in data.

use std::ops::Range;

use super::context::Context;
use super::document::{Block, BlockKind, Document, lines};
use super::engine::{Engine, Spoken};
use super::{Page, prose};
use crate::Sink;

/// Marks of programs whose strings a model reads as the description of a tool.
pub(super) const TOOL_MARKS: [&str; 4] = ["@mcp", ".tool(", "@tool", "<important>"];

/// What a comment says that speaks to an agent rather than to a programmer.
pub(super) const TO_AGENTS: [&str; 14] = [
    "ai agent",
    "ai assistant",
    "ai model",
    "coding agent",
    "coding assistant",
    "assistant:",
    "agent:",
    "agents:",
    "claude",
    "copilot",
    "llm",
    "language model",
    "previous instructions",
    "system prompt",
];

/// Keys of files that list tools for a model.
const TOOL_LISTS: [&str; 4] = [
    "\"inputSchema\"",
    "\"input_schema\"",
    "\"parameters\"",
    "\"tools\"",
];

/// Begins the text of a tool that a manifest describes.
const DESCRIPTION: &str = "\"description\"";

/// Descriptions that one file is read for, which is more than any host offers to a model.
const MAX_DESCRIPTIONS: usize = 10_000;

/// Reads what a program or a data file says to an agent.
pub(crate) fn examine(page: &Page<'_>, engine: &Engine, spoken: &Spoken, sink: &mut Sink<'_>) {
    let text = page.text();
    let mut document = Document::default();
    let mut add = |range| {
        document.blocks.push(Block {
            kind: BlockKind::Paragraph,
            range,
            context: Context::default(),
        });
    };
    if page.artifact.kind.is_program() {
        comments(text, &spoken.to_agents, &mut add);
        if spoken.offers_tools {
            long_strings(text, &mut add);
        }
    } else if TOOL_LISTS
        .iter()
        .any(|mark| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some())
    {
        descriptions(text, &mut add);
    }
    if !document.blocks.is_empty() {
        document.blocks.sort_by_key(|block| block.range.start);
        prose::examine(page, &document, engine, true, sink);
    }
}

/// The strings between three quotes.
fn long_strings(text: &str, add: &mut impl FnMut(Range<usize>)) {
    for quote in ["\"\"\"", "'''"] {
        let marks: Vec<usize> = memchr::memmem::find_iter(text.as_bytes(), quote).collect();
        for pair in marks.chunks_exact(2) {
            if let [start, end] = pair {
                add(start + 3..*end);
            }
        }
    }
}

/// The comments and paragraphs of documentation in which an agent is spoken to.
fn comments(text: &str, spoken: &[Range<usize>], add: &mut impl FnMut(Range<usize>)) {
    let mut read = 0;
    for found in spoken {
        if found.start < read {
            continue;
        }
        let start = text
            .get(..found.start)
            .and_then(|before| before.rfind('\n'))
            .map_or(0, |at| at + 1);
        let mut end = start;
        for line in lines(text.get(start..).unwrap_or("")) {
            let words = text.get(start + line.start..start + line.end).unwrap_or("");
            let words = words.trim();
            if end > start
                && (words.is_empty() || words.trim_matches(['#', '/', '*', '-', ' ']).is_empty())
            {
                break;
            }
            if end > start && !is_comment(words) && is_comment(first_line(text, start)) {
                break;
            }
            end = start + line.end;
        }
        if speaks(first_line(text, start)) {
            add(start..end);
        }
        read = end.max(found.end);
    }
}

fn first_line(text: &str, start: usize) -> &str {
    let rest = text.get(start..).unwrap_or("");
    rest.lines().next().unwrap_or("").trim()
}

fn is_comment(line: &str) -> bool {
    ["#", "//", "/*", "*", "--", "<!--", ";", "rem ", "REM "]
        .iter()
        .any(|mark| line.starts_with(mark))
}

/// A comment, or a line of a long string; code says nothing to anybody.
fn speaks(line: &str) -> bool {
    is_comment(line) || !line.contains(['=', '{', '}', ';']) && !line.contains("(\"")
}

/// The values of `"description"` in JSON.
fn descriptions(text: &str, add: &mut impl FnMut(Range<usize>)) {
    for at in memchr::memmem::find_iter(text.as_bytes(), DESCRIPTION).take(MAX_DESCRIPTIONS) {
        let after = at + DESCRIPTION.len();
        let rest = text.get(after..).unwrap_or("");
        let body = rest.trim_start_matches([':', ' ', '\t', '\r', '\n']);
        let Some(inner) = body.strip_prefix('"') else {
            continue;
        };
        let start = after + (rest.len() - inner.len());
        let mut escaped = false;
        let end = inner.bytes().position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        if let Some(end) = end {
            add(start..start + end);
        }
    }
}

//! The grammars, and parsing within a bound.

use std::borrow::Cow;
use std::ops::ControlFlow;

use tree_sitter::{ParseOptions, Parser, Tree};

use ast_grep_core::matcher::PatternBuilder;
use ast_grep_core::tree_sitter::{LanguageExt, StrDoc, TSLanguage};
use ast_grep_core::{Language, Pattern, PatternError};

/// Steps of the parser that one byte of source may cost, and what every source may cost; tree-sitter reports
/// every hundred operations, and honest source takes about one report in 30 bytes.
const REPORTS_PER_BYTE: usize = 2;
const REPORTS_AT_LEAST: usize = 20_000;

/// A tree-sitter grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grammar {
    Python,
    Bash,
    JavaScript,
    TypeScript,
    Tsx,
}

/// The grammars that a rule of this language is compiled for.
pub(super) fn of_language(language: &str) -> Option<&'static [Grammar]> {
    Some(match language {
        "python" => &[Grammar::Python],
        "shell" => &[Grammar::Bash],
        "javascript" => &[Grammar::JavaScript, Grammar::TypeScript, Grammar::Tsx],
        _ => return None,
    })
}

impl Language for Grammar {
    /// Python has no identifiers with `$`, so that patterns are written with a letter that it has.
    fn pre_process_pattern<'q>(&self, query: &'q str) -> Cow<'q, str> {
        match self {
            Self::Python => Cow::Owned(query.replace('$', "µ")),
            Self::Bash | Self::JavaScript | Self::TypeScript | Self::Tsx => Cow::Borrowed(query),
        }
    }

    fn expando_char(&self) -> char {
        match self {
            Self::Python => 'µ',
            Self::Bash | Self::JavaScript | Self::TypeScript | Self::Tsx => '$',
        }
    }

    fn kind_to_id(&self, kind: &str) -> u16 {
        self.get_ts_language().id_for_node_kind(kind, true)
    }

    fn field_to_id(&self, field: &str) -> Option<u16> {
        self.get_ts_language()
            .field_id_for_name(field)
            .map(std::num::NonZero::get)
    }

    fn build_pattern(&self, builder: &PatternBuilder<'_>) -> Result<Pattern, PatternError> {
        builder.build(|source| StrDoc::try_new(source, *self))
    }
}

impl LanguageExt for Grammar {
    fn get_ts_language(&self) -> TSLanguage {
        match self {
            Self::Python => tree_sitter_python::LANGUAGE.into(),
            Self::Bash => tree_sitter_bash::LANGUAGE.into(),
            Self::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
            Self::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Self::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
        }
    }
}

/// Parses, or gives up after a number of steps that depends on the source's length alone.
pub(super) fn parse(text: &str, grammar: Grammar) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&grammar.get_ts_language()).ok()?;
    let mut left = REPORTS_AT_LEAST + text.len() * REPORTS_PER_BYTE;
    let mut progress = |_: &tree_sitter::ParseState| {
        left = left.saturating_sub(1);
        if left == 0 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    let mut read = |at: usize, _| text.as_bytes().get(at..).unwrap_or_default();
    parser.parse_with_options(&mut read, None, Some(options))
}

//! How deep a syntax tree may be, and the stack that whoever walks or drops it needs.

use ruff_python_ast::ModModule;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::Parsed;

/// Bytes of stack for one level, which is more than any walk over a tree takes; without optimisation it is more.
const WALKED: usize = if cfg!(debug_assertions) {
    4 << 10
} else {
    1 << 10
};
/// The same for dropping it, of which three small frames belong to each level.
const DROPPED: usize = WALKED / 4;
/// Levels of a statement in a block: a block is two nodes, and statements have larger frames than expressions.
const BLOCK: usize = 8;
/// Levels below which every stack that threads are given is large enough.
const SHALLOW: usize = 128;
/// Levels beyond which a tree is not walked.
pub(super) const MOST: usize = 1 << 18;

/// The brackets that are open around a token.
struct Bracket {
    /// Levels before it.
    before: usize,
    /// Whether a `lambda` stands in it, after which a comma may separate parameters.
    lambda: bool,
}

/// A bound for how deep the tree of a module is: no node is without a token, and what commas and lines separate lies
/// side by side.
pub(super) fn levels(parsed: &Parsed<ModModule>) -> usize {
    let mut open: Vec<Bracket> = Vec::new();
    let (mut outside, mut here, mut lambda) = (0_usize, 0_usize, false);
    let (mut blocks, mut deepest) = (0_usize, 0);
    for token in parsed.tokens() {
        match token.kind() {
            TokenKind::Newline => {
                open.clear();
                (outside, here, lambda) = (0, 0, false);
            }
            TokenKind::NonLogicalNewline | TokenKind::Comment => {}
            TokenKind::Indent => blocks += 1,
            TokenKind::Dedent => blocks = blocks.saturating_sub(1),
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                let before = here + 1;
                open.push(Bracket { before, lambda });
                outside += before;
                (here, lambda) = (0, false);
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                if let Some(bracket) = open.pop() {
                    outside = outside.saturating_sub(bracket.before);
                    (here, lambda) = (bracket.before, bracket.lambda);
                }
            }
            TokenKind::Comma if !lambda => here = 0,
            kind => {
                lambda |= kind == TokenKind::Lambda;
                here += 1;
            }
        }
        deepest = deepest.max(outside + here + blocks * BLOCK);
    }
    deepest
}

/// Walks over trees of so many levels, and drops them, where there is room for it.
pub(super) fn walk<T>(levels: usize, step: impl FnOnce() -> T) -> T {
    with_room(levels, WALKED, step)
}

/// Drops trees of so many levels where there is room for it.
pub(super) fn drop_deep<T>(levels: usize, trees: T) {
    with_room(levels, DROPPED, || drop(trees));
}

fn with_room<T>(levels: usize, level: usize, step: impl FnOnce() -> T) -> T {
    if levels <= SHALLOW {
        return step();
    }
    let room = levels.saturating_mul(level);
    stacker::maybe_grow(room, room, step)
}

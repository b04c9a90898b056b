//! Short texts that are looked for all at once.

use std::ops::{ControlFlow, Range};

use aho_corasick::automaton::Automaton;
use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, BuildError};

/// A table with one step for each byte, however many texts are looked for; letters of either case are the same.
#[derive(Debug, Clone)]
pub(crate) struct Atoms {
    table: DFA,
}

impl Atoms {
    /// # Errors
    /// The texts are more, or longer, than a table holds.
    pub(crate) fn new<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, BuildError> {
        let table = DFA::builder()
            .ascii_case_insensitive(true)
            .prefilter(false)
            .build(texts)?;
        Ok(Self { table })
    }

    /// Says of every place of every atom which atom it is, in the order of their ends.
    pub(crate) fn each(
        &self,
        text: &str,
        mut found: impl FnMut(usize, Range<usize>) -> ControlFlow<()>,
    ) {
        let Ok(mut state) = self.table.start_state(Anchored::No) else {
            return;
        };
        for (at, byte) in text.bytes().enumerate() {
            state = self.table.next_state(Anchored::No, state, byte);
            // Without a prefilter only a match is special: searching overlapping places never ends.
            if !self.table.is_special(state) {
                continue;
            }
            for number in 0..self.table.match_len(state) {
                let atom = self.table.match_pattern(state, number);
                let start = (at + 1).saturating_sub(self.table.pattern_len(atom));
                if found(atom.as_usize(), start..at + 1).is_break() {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atoms_are_found_in_either_case_and_over_each_other() {
        let atoms = Atoms::new(["token", "ken", "key"]).unwrap();
        let mut found = Vec::new();
        atoms.each("a ToKeN, a key", |atom, range| {
            found.push((atom, range));
            ControlFlow::Continue(())
        });
        assert_eq!(found, [(0, 2..7), (1, 4..7), (2, 11..14)]);
    }

    #[test]
    fn the_search_ends_when_it_is_told_to() {
        let atoms = Atoms::new(["a"]).unwrap();
        let mut count = 0;
        atoms.each("aaaa", |_, _| {
            count += 1;
            ControlFlow::Break(())
        });
        assert_eq!(count, 1);
    }
}

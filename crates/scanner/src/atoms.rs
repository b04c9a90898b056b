//! Short texts that are looked for all at once.

use std::ops::{ControlFlow, Range};

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, BuildError};

/// Stretches of a text that are searched side by side.
const LANES: usize = 4;
/// Bytes of a stretch below which that is not worth it.
const SHORT: usize = 256;
/// Bytes after which what was found is told, so that it takes little memory.
const BLOCK: usize = 1 << 16;

/// A table with one step for each byte, however many texts are looked for; letters of either case are the same.
#[derive(Debug, Clone)]
pub(crate) struct Atoms {
    table: DFA,
    begin: StateID,
}

/// Behind which byte an atom ends, and the state that knows which.
type End = (usize, StateID);

impl Atoms {
    /// # Errors
    /// The texts are more, or longer, than a table holds.
    pub(crate) fn new<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, BuildError> {
        let table = DFA::builder()
            .ascii_case_insensitive(true)
            .prefilter(false)
            .build(texts)?;
        let begin = table
            .start_state(Anchored::No)
            .expect("a table is built for searches that begin anywhere");
        Ok(Self { table, begin })
    }

    /// Says of every place of every atom which atom it is, in the order of their ends.
    pub(crate) fn each(
        &self,
        text: &str,
        mut found: impl FnMut(usize, Range<usize>) -> ControlFlow<()>,
    ) {
        let bytes = text.as_bytes();
        let mut ends = [const { Vec::new() }; LANES];
        let mut state = self.begin;
        for start in (0..bytes.len()).step_by(BLOCK) {
            let block = start..(start + BLOCK).min(bytes.len());
            state = self.block(bytes, block, state, &mut ends);
            for (end, state) in ends.iter_mut().flat_map(|ends| ends.drain(..)) {
                for number in 0..self.table.match_len(state) {
                    let atom = self.table.match_pattern(state, number);
                    let start = end.saturating_sub(self.table.pattern_len(atom));
                    if found(atom.as_usize(), start..end).is_break() {
                        return;
                    }
                }
            }
        }
    }

    /// Searches one block, and gives the state at its end.
    fn block(
        &self,
        bytes: &[u8],
        block: Range<usize>,
        state: StateID,
        ends: &mut [Vec<End>; LANES],
    ) -> StateID {
        let stretch = block.len() / LANES;
        if stretch < SHORT {
            let [first, ..] = ends;
            return self.search(bytes, block, state, first);
        }
        let last = self.side_by_side(bytes, block.start, stretch, state, ends);
        let [.., fourth] = ends;
        self.search(
            bytes,
            block.start + LANES * stretch..block.end,
            last,
            fourth,
        )
    }

    /// Goes on from `state` through a range of the bytes.
    fn search(
        &self,
        bytes: &[u8],
        range: Range<usize>,
        mut state: StateID,
        ends: &mut Vec<End>,
    ) -> StateID {
        let first = range.start + 1;
        for (at, byte) in bytes.get(range).unwrap_or_default().iter().enumerate() {
            state = self.table.next_state(Anchored::No, state, *byte);
            // Without a prefilter only a match is special: searching overlapping places never ends.
            if self.table.is_special(state) {
                ends.push((first + at, state));
            }
        }
        state
    }

    /// Each step waits for the one before it, so that a processor has the time to go through four places at once.
    fn side_by_side(
        &self,
        bytes: &[u8],
        base: usize,
        stretch: usize,
        state: StateID,
        ends: &mut [Vec<End>; LANES],
    ) -> StateID {
        let start = |lane: usize| base + lane * stretch;
        // An atom that ends in one stretch may begin in the one before.
        let longest = self.table.max_pattern_len();
        let mut states: [StateID; LANES] = std::array::from_fn(|lane| {
            let before = start(lane).saturating_sub(longest)..start(lane);
            self.search(bytes, before, self.begin, &mut Vec::new())
        });
        states[0] = state;
        let lanes = [0, 1, 2, 3].map(|lane| bytes.get(start(lane)..start(lane + 1)));
        let [first, second, third, fourth] = lanes.map(Option::unwrap_or_default);
        let steps = first.iter().zip(second).zip(third.iter().zip(fourth));
        for (at, ((first, second), (third, fourth))) in steps.enumerate() {
            let bytes: [u8; LANES] = [*first, *second, *third, *fourth];
            for (state, byte) in states.iter_mut().zip(bytes) {
                *state = self.table.next_state(Anchored::No, *state, byte);
            }
            if states.iter().any(|state| self.table.is_special(*state)) {
                for (lane, (state, ends)) in states.iter().zip(ends.iter_mut()).enumerate() {
                    if self.table.is_special(*state) {
                        ends.push((start(lane) + at + 1, *state));
                    }
                }
            }
        }
        let [.., last] = states;
        last
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
    fn a_long_text_gives_what_its_parts_give() {
        let atoms = Atoms::new(["token", "ken", "key", "o"]).unwrap();
        let mut text = "a token, a key; ".repeat(BLOCK / 10);
        for _ in 0..20 {
            text.push('o');
            let mut found = Vec::new();
            atoms.each(&text, |atom, range| {
                found.push((atom, range));
                ControlFlow::Continue(())
            });
            let mut ends = Vec::new();
            atoms.search(text.as_bytes(), 0..text.len(), atoms.begin, &mut ends);
            let ends: Vec<usize> = ends.iter().map(|(end, _)| *end).collect();
            let mut found: Vec<usize> = found.into_iter().map(|(_, range)| range.end).collect();
            found.dedup();
            assert_eq!(found, ends);
        }
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

//! Numbers and texts that look random and are always the same for one seed.

use crate::cases::values::MARK;

/// SplitMix64: small, and the same everywhere.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: &str) -> Self {
        // FNV-1a, whose result is the same on every machine.
        Self(seed.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    pub(super) fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        let at = usize::try_from(self.below(from.len() as u64)).unwrap_or(0);
        from.get(at).copied().unwrap_or_default()
    }

    /// Every text but the empty one bears the mark, so that effects which only repeat it are told apart.
    pub(super) fn text(&mut self) -> String {
        const TAILS: [&str; 10] = [
            "",
            " ",
            "\n",
            "\0",
            "'\"\\",
            "<b>&amp;",
            "%s{0}",
            "ÄÖ\u{301}",
            "\u{1f600}",
            "\u{202e}",
        ];
        if self.below(5) == 0 {
            return String::new();
        }
        let mut text = MARK.to_owned();
        for _ in 0..self.below(4) {
            text.push_str(self.pick(&TAILS));
        }
        text
    }
}

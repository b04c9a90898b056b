//! What every fuzz target shares: bytes under a name, scanned as a skill of one file.
//!
//! What takes too long or too deep is long itself, so that each target's mutator also repeats and nests pieces of
//! its input. Each target runs on the pinned stable compiler, fifteen minutes long, from this folder (`source`, `front`,
//! `markdown`, `pickle`, `archive`, `config` or `rules` as NAME), with seeds made by `./seeds.sh`:
//! `RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
//! -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
//! -Ccodegen-units=1" cargo run --release --target x86_64-unknown-linux-gnu --bin NAME --
//! -max_total_time=900 -max_len=200000 -timeout=20 corpus/NAME`

use std::sync::LazyLock;

use libfuzzer_sys::fuzzer_mutate;

use skillgate_model::{Content, Manifest, Skill, SkillFile, SkillKind};
use skillgate_scanner::{Rules, Scanner};

static SCANNER: LazyLock<Scanner> =
    LazyLock::new(|| Scanner::new(Rules::built_in().expect("the built-in rules are tested")));

/// Scans a skill of one file; every byte of it has an entry in the coverage.
pub fn scan(name: &str, bytes: &[u8]) {
    let file = SkillFile {
        path: name.to_owned(),
        raw: name.into(),
        mode: 0o644,
        size: bytes.len() as u64,
        sha256: String::new(),
        content: Content::Bytes(bytes.into()),
    };
    let skill = Skill {
        name: "skill".to_owned(),
        kind: SkillKind::Folder,
        root: "skill".into(),
        manifest: Manifest::default(),
        manifest_path: None,
        files: vec![file],
        digest: String::new(),
    };
    let scan = SCANNER.scan(&skill);
    assert_eq!(scan.coverage.len(), 1);
}

/// How often a piece of the input is repeated at most.
const MOST_TIMES: usize = 20_000;
/// Longest piece that is repeated, in bytes.
const MOST_PIECE: usize = 48;

/// One mutation in eight repeats a piece of the input, or nests it in itself; the others are libFuzzer's.
pub fn mutate(data: &mut [u8], size: usize, most: usize, seed: u32) -> usize {
    let size = size.min(data.len());
    let mut numbers = Numbers(u64::from(seed) << 1 | 1);
    let longer = (numbers.below(8) == 0)
        .then(|| {
            data.get(..size)
                .and_then(|input| longer(input, &mut numbers))
        })
        .flatten();
    let Some(longer) = longer else {
        return fuzzer_mutate(data, size, most);
    };
    let length = longer.len().min(most).min(data.len());
    if let (Some(place), Some(longer)) = (data.get_mut(..length), longer.get(..length)) {
        place.copy_from_slice(longer);
    }
    length
}

/// The input with one piece of it many times, or with two pieces around its middle, many times each.
fn longer(input: &[u8], numbers: &mut Numbers) -> Option<Vec<u8>> {
    if input.is_empty() {
        return None;
    }
    let start = numbers.below(input.len());
    let length = 1 + numbers.below(MOST_PIECE.min(input.len() - start));
    let times = 2_usize
        .pow(u32::try_from(1 + numbers.below(14)).ok()?)
        .min(MOST_TIMES);
    let (before, rest) = input.split_at_checked(start)?;
    let (piece, after) = rest.split_at_checked(length)?;
    if numbers.below(2) == 0 {
        return Some([before, &piece.repeat(times), after].concat());
    }
    let split = numbers.below(piece.len() + 1);
    let (open, close) = piece.split_at_checked(split)?;
    Some([before, &open.repeat(times), &close.repeat(times), after].concat())
}

/// Numbers that follow from a seed.
struct Numbers(u64);

impl Numbers {
    /// A number under this one; 0 where there is none.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.0 % end).unwrap_or(0)
    }
}

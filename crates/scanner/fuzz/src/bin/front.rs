//! Front matter of a SKILL.md: no panic, no hang, and an entry in the coverage.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let page = [b"---\n", bytes, b"\n---\n# Title\n\nText.\n"].concat();
    skillgate_scanner_fuzz::scan("SKILL.md", &page);
});

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    skillgate_scanner_fuzz::mutate(data, size, most, seed)
});

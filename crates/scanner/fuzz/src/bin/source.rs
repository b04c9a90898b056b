//! Source of the three languages, chosen by the first byte: no panic, no hang, and an entry in the coverage.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let names = ["a.py", "a.sh", "a.js", "a.ts"];
    if let Some(name) = names.get(usize::from(*first) % names.len()) {
        skillgate_scanner_fuzz::scan(name, rest);
    }
});

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    skillgate_scanner_fuzz::mutate(data, size, most, seed)
});

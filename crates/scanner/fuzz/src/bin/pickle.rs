//! Pickles and byte code, under a name and behind a magic number: no panic, no hang, and an entry in the coverage.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    skillgate_scanner_fuzz::scan("a.pkl", bytes);
    let python = [b"\xa7\x0d\x0d\x0a\0\0\0\0\0\0\0\0\0\0\0\0", bytes].concat();
    skillgate_scanner_fuzz::scan("__pycache__/a.cpython-311.pyc", &python);
});

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    skillgate_scanner_fuzz::mutate(data, size, most, seed)
});

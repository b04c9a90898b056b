//! Archives, documents and pictures, told by their content: no panic, no hang, and an entry in the coverage.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    skillgate_scanner_fuzz::scan("data", bytes);
    skillgate_scanner_fuzz::scan("a.zip", bytes);
});

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    skillgate_scanner_fuzz::mutate(data, size, most, seed)
});

//! A rule of the user: no panic, no hang, and an entry in the coverage.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let file = ("python/a.yml".into(), text.to_owned());
        if let Ok(rules) = skillgate_scanner::Rules::parse([file]) {
            let _ = skillgate_scanner::catalogue(&rules);
        }
    }
});

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    skillgate_scanner_fuzz::mutate(data, size, most, seed)
});

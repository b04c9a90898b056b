//! Data that tools and agents obey, under a name chosen by the first byte: no panic, no hang, and an entry in the coverage.
#![no_main]

/// A name for each reader.
const NAMES: [&str; 16] = [
    "package.json",
    "pyproject.toml",
    "requirements.txt",
    "Dockerfile",
    ".github/workflows/a.yml",
    "setup.cfg",
    "Makefile",
    ".claude/settings.json",
    ".mcp.json",
    "a.ipynb",
    "a.html",
    "a.svg",
    "a.ps1",
    "a.pth",
    "a.jsx",
    "a.txt",
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
    if let Some(name) = NAMES.get(usize::from(*first) % NAMES.len()) {
        skillgate_scanner_fuzz::scan(name, rest);
    }
});

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    skillgate_scanner_fuzz::mutate(data, size, most, seed)
});

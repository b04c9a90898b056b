//! Parses the Python files of folders with the parser of the facts engine and nothing else: what `benches/peers.sh` calls
//! parse-only. Prints how many files had no syntax error.

#![expect(clippy::print_stdout, reason = "this is what the example is for")]

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use ruff_python_parser::parse_module;

fn main() {
    let mut files = Vec::new();
    for folder in std::env::args().skip(1) {
        collect(Path::new(&folder), &mut files);
    }
    let parses = |path: &&PathBuf| {
        std::fs::read_to_string(path).is_ok_and(|text| parse_module(&text).is_ok())
    };
    println!(
        "{} of {}",
        files.par_iter().filter(parses).count(),
        files.len()
    );
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "py") {
            files.push(path);
        }
    }
}

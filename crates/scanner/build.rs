//! Turns the rules and the lexicon from YAML into JSON once, which is read ten times faster at each start.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let rules = root.join("../../rules");
    let lexicon = root.join("src/text/lexicon.yml");
    for input in [&rules, &lexicon] {
        println!("cargo::rerun-if-changed={}", input.display());
    }
    let mut files = Vec::new();
    collect(&rules, &mut files)?;
    files.sort();
    let rules = files
        .iter()
        .map(|file| {
            let stem = file.file_stem().and_then(|stem| stem.to_str());
            Ok((stem, json::<Value>(file)?))
        })
        .collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    fs::write(out.join("rules.json"), serde_json::to_string(&rules)?)?;
    fs::write(
        out.join("lexicon.json"),
        serde_json::to_string(&json::<BTreeMap<String, Vec<String>>>(&lexicon)?)?,
    )?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            files.push(path);
        }
    }
    Ok(())
}

fn json<T: DeserializeOwned>(file: &Path) -> Result<T, Box<dyn Error>> {
    let text = fs::read_to_string(file)?;
    serde_saphyr::from_str(&text).map_err(|error| format!("{}: {error}", file.display()).into())
}

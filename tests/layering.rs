//! The arrows between the crates, and the shape of the repository.

#![expect(clippy::unwrap_used, reason = "a failed test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What each crate may depend on; a dev-dependency counts as well.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("scanner", &["model"]),
    ("sandbox", &["model"]),
    ("permissions", &["model"]),
    ("store", &["model"]),
    ("immune", &["model"]),
    ("report", &["model"]),
    (
        "pipeline",
        &[
            "model",
            "scanner",
            "sandbox",
            "permissions",
            "store",
            "immune",
            "report",
        ],
    ),
];

/// Crates at the top, which may depend on everything but each other.
const TOP: &[&str] = &["cli", "server", "python"];

/// The Python package brings the command line along.
const BRINGS: (&str, &str) = ("python", "cli");

/// What lies at the top level, beside dot-files and what a build makes.
const ENTRIES: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "benches",
    "crates",
    "docs",
    "fixtures",
    "rules",
    "rust-toolchain.toml",
    "sandbox",
    "tests",
];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Crates of ours in all tables of dependencies, also those of a target.
fn ours(table: &toml::Table) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (key, value) in table {
        let Some(inner) = value.as_table() else {
            continue;
        };
        if key.ends_with("dependencies") {
            let names = inner.iter().map(|(name, value)| {
                let package = value.get("package").and_then(toml::Value::as_str);
                package.unwrap_or(name).to_owned()
            });
            found.extend(
                names.filter_map(|name| name.strip_prefix("skillgate-").map(str::to_owned)),
            );
        } else {
            found.extend(ours(inner));
        }
    }
    found
}

fn crates() -> BTreeMap<String, BTreeSet<String>> {
    let folders = fs::read_dir(repository().join("crates")).unwrap();
    let manifests = folders.filter_map(|entry| {
        let folder = entry.unwrap().path();
        let text = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
        let manifest: toml::Table = toml::from_str(&text).unwrap();
        let name = folder.file_name()?.to_str()?.to_owned();
        Some((name, ours(&manifest)))
    });
    manifests.collect()
}

#[test]
fn every_arrow_between_crates_points_down() {
    let crates = crates();
    assert!(crates.len() >= 8, "{crates:?}");
    for (name, depends) in &crates {
        let allowed: BTreeSet<&str> = match ARROWS.iter().find(|(lower, _)| lower == name) {
            Some((_, below)) => below.iter().copied().collect(),
            None if TOP.contains(&name.as_str()) => {
                ARROWS.iter().map(|(lower, _)| *lower).collect()
            }
            None => panic!("`{name}` has no place in the layering"),
        };
        let wrong: Vec<_> = depends
            .iter()
            .filter(|other| !allowed.contains(other.as_str()) && *other != name)
            .filter(|other| (name.as_str(), other.as_str()) != BRINGS)
            .collect();
        assert!(wrong.is_empty(), "`{name}` must not depend on {wrong:?}");
    }
}

#[test]
fn manifests_are_named_after_their_folders() {
    for name in crates().keys() {
        let path = repository().join("crates").join(name).join("Cargo.toml");
        let manifest: toml::Table = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let package = manifest["package"]["name"].as_str().unwrap();
        assert_eq!(package, format!("skillgate-{name}"));
    }
}

#[test]
fn the_top_level_holds_what_it_should() {
    let names = fs::read_dir(repository()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let strange: Vec<String> = names
        .filter(|name| !name.starts_with('.') && name != "target")
        .filter(|name| !ENTRIES.contains(&name.as_str()))
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
}

#[test]
fn every_rule_file_bears_the_id_of_its_rule_and_no_id_stands_twice() {
    let mut pending = vec![repository().join("rules")];
    let mut ids = BTreeSet::new();
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
                continue;
            }
            if path.extension().is_none_or(|extension| extension != "yml") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let id = text.lines().find_map(|line| line.strip_prefix("id: "));
            let stem = path.file_stem().unwrap().to_str();
            assert_eq!(id.map(|id| id.split(' ').next().unwrap()), stem);
            assert!(ids.insert(stem.map(str::to_owned)), "{stem:?} stands twice");
        }
    }
    assert!(ids.len() > 10);
}

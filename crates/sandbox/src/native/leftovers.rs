//! What a run left in its work directory, listed by the init after everything else has died.

use std::fs;
use std::path::PathBuf;

use skillgate_model::FileChange;

/// More than this is said to be there, not named.
const MOST: usize = 1024;
/// Deeper trees are cut: their only purpose is to hurt whoever walks them.
const DEEPEST: usize = 32;

/// Lists everything below `top`, sorted; never follows a link, never opens a file.
pub(crate) fn walk(top: &str) -> Vec<FileChange> {
    let mut found = Vec::new();
    let mut waiting = vec![(PathBuf::from(top), 0)];
    while let Some((directory, depth)) = waiting.pop() {
        let Ok(entries) = fs::read_dir(&directory) else {
            continue;
        };
        for entry in entries.flatten() {
            let Ok(metadata) = fs::symlink_metadata(entry.path()) else {
                continue;
            };
            let kind = metadata.file_type();
            if kind.is_dir() && depth < DEEPEST {
                waiting.push((entry.path(), depth + 1));
            }
            let path = entry.path();
            let relative = path.strip_prefix(top).unwrap_or(&path).to_string_lossy();
            let kind = match () {
                () if kind.is_file() => "file",
                () if kind.is_dir() => "directory",
                () if kind.is_symlink() => "link",
                () => "other",
            };
            found.push(FileChange {
                path: relative.chars().take(256).collect(),
                size: metadata.len(),
                kind: kind.to_owned(),
            });
            if found.len() >= MOST {
                waiting.clear();
                break;
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

//! What killed supervisors left behind: entries named after the process that made them, `PREFIX<pid>-…`.

use std::fs;
use std::path::{Path, PathBuf};

/// The entries of a folder whose process is gone.
pub(crate) fn orphans(folder: &Path, prefix: &str) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(move |entry| {
        let name = entry.file_name();
        let owner = name.to_str()?.strip_prefix(prefix)?.split('-').next()?;
        let pid: u32 = owner.parse().ok()?;
        (!Path::new(&format!("/proc/{pid}")).exists()).then(|| entry.path())
    })
}

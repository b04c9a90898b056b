//! Where a tool is used: which files a path may mean, in every spelling that a policy may use.

use std::path::{Path as FilePath, PathBuf};

use crate::path::Path;

/// The folders that paths are taken from, all absolute.
pub struct Place<'a> {
    /// Where relative paths begin.
    pub work: &'a str,
    /// What policies call `./`.
    pub project: &'a str,
    /// What policies call `~/`.
    pub home: Option<&'a str>,
    /// Files that decide what the session may do; nobody is allowed to write them.
    pub guarded: &'a [PathBuf],
    /// The file behind links, for an absolute path of which the end need not exist.
    pub behind_links: &'a dyn Fn(&FilePath) -> Option<PathBuf>,
}

/// The spellings of one file.
pub(super) type Spellings = Vec<String>;

impl Place<'_> {
    /// The file as it is named and the file behind its links; `None` where the text does not say which.
    pub(super) fn files(&self, path: &str, is_tree: bool) -> Option<Vec<Spellings>> {
        // A star would be read as a set of files, and here it is a part of one file's name.
        if path.contains('*') {
            return None;
        }
        let absolute = self.absolute(path)?;
        let named = resolved(&absolute)?;
        // The system follows a link before it goes up from there, so the text is not shortened first.
        let behind = (self.behind_links)(FilePath::new(&absolute))?;
        let behind = resolved(behind.to_str()?)?;
        let mut files = vec![self.spellings(&named, is_tree)];
        if behind != named {
            files.push(self.spellings(&behind, is_tree));
        }
        Some(files)
    }

    /// Whether a file is one of those that decide what the session may do.
    pub(super) fn guards(&self, spellings: &Spellings) -> bool {
        let is = |spelling: &String| {
            self.guarded
                .iter()
                .any(|file| file == FilePath::new(spelling))
        };
        spellings.iter().any(is)
    }

    fn absolute(&self, path: &str) -> Option<String> {
        if path.starts_with('/') {
            return Some(path.to_owned());
        }
        if let Some(rest) = path.strip_prefix('~') {
            let below = rest.is_empty() || rest.starts_with('/');
            return below.then(|| Some(format!("{}{rest}", self.home?)))?;
        }
        Some(format!("{}/{path}", self.work))
    }

    /// The shortest first, as people write it.
    fn spellings(&self, absolute: &str, is_tree: bool) -> Spellings {
        let below = |folder: Option<&str>, sign: &str| {
            let folder = resolved(folder?)?;
            let rest = absolute.strip_prefix(folder.trim_end_matches('/'))?;
            (rest.is_empty() || rest.starts_with('/')).then(|| format!("{sign}{rest}"))
        };
        let short = [below(Some(self.project), "."), below(self.home, "~")];
        let all = short.into_iter().flatten().chain([absolute.to_owned()]);
        let tree = if is_tree { "/**" } else { "" };
        all.map(|path| {
            format!(
                "{}{tree}",
                path.trim_end_matches(if is_tree { "/" } else { "" })
            )
        })
        .collect()
    }
}

/// An absolute path without `.`, `..` and empty components; `None` where it is ambiguous.
fn resolved(path: &str) -> Option<String> {
    let resolved = Path::resolve(path)?;
    (resolved.root_text() == "/").then(|| resolved.canonical())
}

/// The path, unless it is relative and the shell has changed its folder.
pub(super) fn unless_moved(path: &str, moved: bool) -> Option<&str> {
    (!moved || path.starts_with(['/', '~'])).then_some(path)
}

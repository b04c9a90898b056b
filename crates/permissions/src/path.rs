//! Paths as resources: resolved by text alone, compared by whole components.
//!
//! Links are not followed here; keeping a path inside its tree at run time is the sandbox's part.

use crate::glob;
use crate::resource::ResourceError;

/// Deeper paths are not resolved, so no scoped grant covers them.
const MAX_DEPTH: usize = 64;

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Root {
    /// `/`
    System,
    /// `./`, the skill's work directory; also every relative path.
    Work,
    /// `~/`
    Home,
}

impl Root {
    const fn as_str(self) -> &'static str {
        match self {
            Self::System => "/",
            Self::Work => "./",
            Self::Home => "~/",
        }
    }
}

/// A path after `.`, `..` and empty components were taken out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path<'a> {
    root: Root,
    /// What follows the root, as it was written.
    text: &'a str,
    /// Where the components stand in it; a decision moves the whole array, so it is small.
    spans: [Span; MAX_DEPTH],
    depth: usize,
}

/// Where a component begins and ends, in bytes.
type Span = (u16, u16);

impl<'a> Path<'a> {
    /// `None` where the text alone does not say which file is meant.
    pub(crate) fn resolve(text: &'a str) -> Option<Self> {
        if text.is_empty() || is_ambiguous(text) {
            return None;
        }
        let (root, rest) = split_root(text)?;
        // A longer text is longer than any path may be.
        u16::try_from(rest.len()).ok()?;
        let mut path = Self {
            root,
            text: rest,
            spans: [(0, 0); MAX_DEPTH],
            depth: 0,
        };
        let mut start = 0;
        for component in rest.split('/') {
            let end = start + component.len() as u16;
            match component {
                "" | "." => {}
                // Above `/` is `/` again; above the work directory is unknown.
                ".." => match path.depth.checked_sub(1) {
                    Some(depth) => path.depth = depth,
                    None if root == Root::System => {}
                    None => return None,
                },
                _ => {
                    *path.spans.get_mut(path.depth)? = (start, end);
                    path.depth += 1;
                }
            }
            start = end.saturating_add(1);
        }
        Some(path)
    }

    /// The path as a pattern for itself.
    pub(crate) fn canonical(&self) -> String {
        let components: Vec<&str> = self.components().collect();
        format!("{}{}", self.root_text(), components.join("/"))
    }

    pub(crate) fn root_text(&self) -> &'static str {
        self.root.as_str()
    }

    /// Whether names there change from run to run.
    pub(crate) fn temporary_folder(&self) -> Option<&'static str> {
        let mut components = self.components();
        let [first, second, third] = [(); 3].map(|()| components.next());
        match (self.root, first, second, third) {
            (Root::System, Some("tmp"), Some(_), _) => Some("/tmp"),
            (Root::System, Some("var"), Some("tmp"), Some(_)) => Some("/var/tmp"),
            (Root::System | Root::Work | Root::Home, ..) => None,
        }
    }

    pub(crate) fn components(&self) -> impl Iterator<Item = &'a str> {
        self.spans().iter().map(|span| self.component(*span))
    }

    fn spans(&self) -> &[Span] {
        self.spans.get(..self.depth).unwrap_or_default()
    }

    fn component(&self, (start, end): Span) -> &'a str {
        let span = usize::from(start)..usize::from(end);
        self.text.get(span).unwrap_or_default()
    }
}

/// A pattern over paths: components are globs, and `**` is any number of components.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathPattern {
    root: Root,
    components: Vec<Box<str>>,
}

impl PathPattern {
    pub(crate) fn parse(text: &str) -> Result<Self, ResourceError> {
        if text.contains(char::is_control) || is_ambiguous(text) {
            return Err(ResourceError::AmbiguousPath);
        }
        let (root, rest) = split_root(text).ok_or(ResourceError::AmbiguousPath)?;
        let components: Vec<&str> = rest.split('/').filter(|part| *part != ".").collect();
        let only_root = matches!(components.as_slice(), [] | [""]);
        if components.contains(&"..") {
            return Err(ResourceError::DotDot);
        }
        if !only_root && components.contains(&"") {
            return Err(ResourceError::EmptyComponent);
        }
        if components.len() > MAX_DEPTH {
            return Err(ResourceError::AmbiguousPath);
        }
        let partial = |part: &&str| part.contains("**") && *part != "**";
        if components.iter().any(partial) {
            return Err(ResourceError::PartialDoubleStar);
        }
        let components = components.into_iter().filter(|part| !part.is_empty());
        Ok(Self {
            root,
            components: components.map(Box::from).collect(),
        })
    }

    /// Whether every file that `path` may mean is covered; a `*` in `path` stands for a set.
    pub(crate) fn includes(&self, path: &Path<'_>) -> bool {
        self.root == path.root
            && sequence_includes(&self.components, path.spans(), |span| path.component(*span))
    }

    /// Whether some file that `path` may mean is covered; errs towards yes.
    pub(crate) fn may_meet(&self, path: &Path<'_>) -> bool {
        self.root == path.root && sequence_may_meet(&self.components, path)
    }

    pub(crate) fn root_text(&self) -> &'static str {
        self.root.as_str()
    }

    pub(crate) fn components(&self) -> impl Iterator<Item = &str> {
        self.components.iter().map(AsRef::as_ref)
    }

    /// Whether a file of this name may be covered.
    pub(crate) fn may_end_with(&self, name: &str) -> bool {
        self.components
            .last()
            .is_some_and(|last| glob::may_meet(last.as_bytes(), name.as_bytes()))
    }

    pub(crate) fn includes_pattern(&self, other: &Self) -> bool {
        self.root == other.root
            && sequence_includes(&self.components, &other.components, |part| part.as_ref())
    }
}

/// Spellings that another program may read as another path: encoded bytes, the other system's
/// separator, control characters, drives and URLs, and other users' homes.
fn is_ambiguous(text: &str) -> bool {
    let bytes = text.as_bytes();
    let encoded = |part: &[u8]| match part {
        [b'%', high, low] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
        _ => false,
    };
    bytes
        .iter()
        .any(|byte| *byte == b'\\' || byte.is_ascii_control())
        || bytes.windows(3).any(encoded)
}

fn split_root(text: &str) -> Option<(Root, &str)> {
    if let Some(rest) = text.strip_prefix('/') {
        return Some((Root::System, rest));
    }
    if text == "~" {
        return Some((Root::Home, ""));
    }
    if let Some(rest) = text.strip_prefix("~/") {
        return Some((Root::Home, rest));
    }
    let first = text.split('/').next().unwrap_or_default();
    let drive = first.as_bytes().get(1) == Some(&b':');
    if first.starts_with(['~', '$']) || first.ends_with(':') || drive {
        return None;
    }
    Some((Root::Work, text))
}

/// `**` of the pattern takes any run of components; only it takes in a `**` of the other side.
fn sequence_includes<'t, T>(
    pattern: &[Box<str>],
    path: &'t [T],
    text: impl Fn(&'t T) -> &'t str,
) -> bool {
    glob::walk(
        pattern,
        path,
        |part| part.as_ref() == "**",
        |part, component| {
            let component = text(component);
            component != "**" && glob::includes(part.as_bytes(), component.as_bytes())
        },
    )
}

/// Whether some path lies in both; bit `at` of `reached` says that the parts so far may stand for
/// the first `at` components.
fn sequence_may_meet(pattern: &[Box<str>], path: &Path<'_>) -> bool {
    let is_set = |bits: u128, at: usize| bits >> at & 1 == 1;
    // A `**` of the path may stand for nothing.
    let skip_open = |mut bits: u128| {
        for (at, component) in path.components().enumerate() {
            if component == "**" && is_set(bits, at) {
                bits |= 2 << at;
            }
        }
        bits
    };
    let mut reached = skip_open(1);
    for part in pattern {
        let mut next = 0;
        for (at, component) in path.components().enumerate() {
            if part.as_ref() == "**" {
                next |= reached & (1 << at);
                next |= u128::from(is_set(next, at)) << (at + 1);
            } else if is_set(reached, at) && component == "**" {
                next |= 1 << at;
            } else if is_set(reached, at) && glob::may_meet(part.as_bytes(), component.as_bytes()) {
                next |= 2 << at;
            }
        }
        if part.as_ref() == "**" {
            next |= reached & (1 << path.depth);
        }
        reached = skip_open(next);
    }
    is_set(reached, path.depth)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(pattern: &str, path: &str) -> bool {
        let pattern = PathPattern::parse(pattern).unwrap();
        Path::resolve(path).is_some_and(|path| pattern.includes(&path))
    }

    fn meets(pattern: &str, path: &str) -> bool {
        let pattern = PathPattern::parse(pattern).unwrap();
        Path::resolve(path).is_none_or(|path| pattern.may_meet(&path))
    }

    #[test]
    fn a_path_is_resolved_before_it_is_compared() {
        for (pattern, path, expected) in [
            ("/data/**", "/data/a/b", true),
            ("/data/**", "/data/./a//b", true),
            ("/data/**", "/data/x/../a", true),
            ("/data/**", "/data/../etc/passwd", false),
            ("/data/**", "/database/a", false),
            ("/etc/passwd", "/../../etc/passwd", true),
            ("./**", "a/b", true),
            ("./**", "./a/../b", true),
            ("./**", "../a", false),
            ("./**", "a/../../b", false),
            ("./**", "/a", false),
            ("./**", "~/a", false),
            ("~/.ssh/**", "~/.ssh/id_rsa", true),
            ("~/.ssh/**", "~root/.ssh/id_rsa", false),
        ] {
            assert_eq!(covers(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn a_tree_holds_its_own_root_and_every_depth() {
        for (pattern, path, expected) in [
            ("./**", ".", true),
            ("/data/**", "/data", true),
            ("/data/*", "/data", false),
            ("/data/*", "/data/a/b", false),
            ("/data/**/x.csv", "/data/x.csv", true),
            ("/data/**/x.csv", "/data/a/b/x.csv", true),
            ("/data/**/x.csv", "/data/a/b/y.csv", false),
            ("./*.csv", "a.csv", true),
            ("./*.csv", "a/b.csv", false),
            ("/**", "/", true),
            ("/", "/", true),
            ("/", "/a", false),
        ] {
            assert_eq!(covers(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn a_spelling_that_others_may_read_differently_is_never_covered() {
        for path in [
            "",
            "./%2e%2e/secret",
            "./%252e%252e/secret",
            "..\\..\\secret",
            "a\nb",
            "a\0b",
            "C:/Windows",
            "c:x",
            "file:///etc/passwd",
            "$HOME/.ssh/id_rsa",
        ] {
            assert!(!covers("./**", path), "{path:?}");
            assert!(meets("./secret", path), "{path:?}");
        }
        for clear in ["50%", "50%a b", "50% a", "%zf"] {
            assert!(covers("./**", clear), "{clear}");
        }
        let deep = "a/".repeat(MAX_DEPTH + 1);
        assert!(!covers("./**", &deep));
        let deepest = vec!["a"; MAX_DEPTH].join("/");
        assert!(covers(&deepest, &deepest));
        assert!(PathPattern::parse(&format!("{deepest}/a")).is_err());
    }

    #[test]
    fn a_star_in_the_path_stands_for_a_set() {
        assert!(covers("./**", "./data/*.csv"));
        assert!(covers("./data/*", "./data/*.csv"));
        assert!(!covers("./data/a.csv", "./data/*.csv"));
        assert!(!covers("./data/*", "./data/**"));
        assert!(meets("./data/a.csv", "./data/*.csv"));
        assert!(meets("./data/secret/**", "./data/**"));
        assert!(meets("./data/**", "./data/x/*"));
        assert!(meets("./**/key", "./a/*"));
        assert!(meets("./a/*/**", "./a/*"));
        assert!(!meets("./other/**", "./data/*.csv"));
        assert!(!meets("./data/*.txt", "./data/*.csv"));
        assert!(!meets("./data", "./data/*.csv"));
        assert!(!meets("./**/.env", "./*.csv"));
        assert!(!meets("./**/.env", "./a/**/x"));
        assert!(meets("./**/.env", "./**"));
        assert!(meets("./a/**/b", "./**/a/b"));
        assert!(meets("./a/b", "./a/**/b"));
        assert!(!meets("./a/**/c", "./a/**/b"));
    }

    #[test]
    fn a_pattern_that_could_mislead_is_malformed() {
        for (text, error) in [
            ("/data/../etc", ResourceError::DotDot),
            ("/data/", ResourceError::EmptyComponent),
            ("/data//x", ResourceError::EmptyComponent),
            ("/data/a**", ResourceError::PartialDoubleStar),
            ("/data/%2e%2e", ResourceError::AmbiguousPath),
            ("~root/x", ResourceError::AmbiguousPath),
            ("C:/x", ResourceError::AmbiguousPath),
        ] {
            assert_eq!(PathPattern::parse(text), Err(error), "{text}");
        }
    }
}

//! The names that rules and the catalogue speak of, as a trie: `os.system`, `socket.socket().connect`, `os.environ[]`.

use std::collections::HashMap;

use foldhash::fast::RandomState;

/// A place in the trie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name(pub(crate) u32);

/// The segment for what a call returns.
pub(crate) const CALLED: &str = "()";
/// The segment for what a subscript yields.
pub(crate) const ITEM: &str = "[]";

/// Every known dotted name; attackers' names are looked up here and never added.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    symbols: HashMap<Box<str>, u32, RandomState>,
    spelling: Vec<Box<str>>,
    children: HashMap<(Name, u32), Name, RandomState>,
    parents: Vec<(Name, u32)>,
}

impl Names {
    /// The root, under which modules stand.
    pub(crate) const ROOT: Name = Name(0);
    /// The `builtins` module.
    pub(crate) const BUILTINS: Name = Name(1);

    pub(crate) fn new() -> Self {
        let mut names = Self {
            symbols: HashMap::default(),
            spelling: Vec::new(),
            children: HashMap::default(),
            parents: vec![(Name(0), 0)],
        };
        names.symbol("");
        names.child_or_new(Self::ROOT, "builtins");
        names
    }

    /// How many names there are; they are numbered from 0.
    pub(crate) fn len(&self) -> usize {
        self.parents.len()
    }

    /// The name one segment below, if anything speaks of it.
    pub(crate) fn child(&self, parent: Name, segment: &str) -> Option<Name> {
        let symbol = self.symbols.get(segment)?;
        self.children.get(&(parent, *symbol)).copied()
    }

    /// The name of this dotted path, if anything speaks of it.
    pub(crate) fn find(&self, path: &str) -> Option<Name> {
        segments(path).try_fold(Self::ROOT, |name, segment| self.child(name, segment))
    }

    /// Adds a dotted path.
    pub(crate) fn insert(&mut self, path: &str) -> Name {
        segments(path).fold(Self::ROOT, |name, segment| self.child_or_new(name, segment))
    }

    /// From now on `from` is another spelling of `to`.
    pub(crate) fn alias(&mut self, from: &str, to: Name) {
        let mut parts: Vec<&str> = segments(from).collect();
        let Some(last) = parts.pop() else { return };
        let parent = parts
            .into_iter()
            .fold(Self::ROOT, |name, segment| self.child_or_new(name, segment));
        let symbol = self.symbol(last);
        self.children.insert((parent, symbol), to);
    }

    /// The dotted path, as a report prints it.
    pub(crate) fn path(&self, name: Name) -> String {
        let mut parts = Vec::new();
        let mut at = name;
        while at != Self::ROOT {
            let Some((parent, symbol)) = self.parents.get(at.0 as usize) else {
                break;
            };
            if at != Self::BUILTINS || parts.is_empty() {
                parts.push(self.spelling.get(*symbol as usize).map_or("", |text| text));
            }
            at = *parent;
        }
        let mut path = String::new();
        for part in parts.into_iter().rev() {
            if !path.is_empty() && part != CALLED && part != ITEM {
                path.push('.');
            }
            path.push_str(part);
        }
        path
    }

    fn child_or_new(&mut self, parent: Name, segment: &str) -> Name {
        let symbol = self.symbol(segment);
        let next = Name(u32::try_from(self.parents.len()).unwrap_or(u32::MAX));
        let parents = &mut self.parents;
        *self.children.entry((parent, symbol)).or_insert_with(|| {
            parents.push((parent, symbol));
            next
        })
    }

    fn symbol(&mut self, text: &str) -> u32 {
        if let Some(symbol) = self.symbols.get(text) {
            return *symbol;
        }
        let symbol = u32::try_from(self.spelling.len()).unwrap_or(u32::MAX);
        self.spelling.push(text.into());
        self.symbols.insert(text.into(), symbol);
        symbol
    }
}

/// `socket.socket().connect` in its segments: `socket`, `socket`, `()`, `connect`.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('.').flat_map(|part| {
        let bare = part.find(['(', '[']).unwrap_or(part.len());
        let (name, mut rest) = part.split_at(bare);
        let mut parts = vec![name];
        while let Some((suffix, after)) = rest.split_at_checked(2) {
            parts.push(suffix);
            rest = after;
        }
        parts
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_and_printed_as_it_was_written() {
        let mut names = Names::new();
        for path in [
            "os.system",
            "socket.socket().connect",
            "os.environ[]",
            "a()[].b",
        ] {
            let name = names.insert(path);
            assert_eq!(
                (names.find(path), names.path(name)),
                (Some(name), path.to_owned())
            );
        }
        assert_eq!(names.find("os.popen"), None);
    }

    #[test]
    fn an_alias_leads_to_everything_below_its_target() {
        let mut names = Names::new();
        let get = names.insert("requests.get");
        let requests = names.insert("requests");
        names.alias("requests.Session()", requests);
        assert_eq!(names.find("requests.Session().get"), Some(get));
    }
}

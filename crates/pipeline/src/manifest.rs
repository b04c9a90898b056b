//! What a skill says of itself: front matter of `SKILL.md`, or a `skillgate:` block in a docstring.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use skillgate_model::{Manifest, ManifestError};

/// A manifest larger than this is not read; agents are given names and descriptions, not books.
const MAX_BYTES: usize = 64 << 10;

/// Reads the front matter of a `SKILL.md`: YAML between a first line `---` and the next one.
pub(crate) fn of_front_matter(bytes: &[u8]) -> Manifest {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let Some((yaml, closed)) = front_matter(text) else {
        return fault(
            1,
            "there is no front matter, so neither name nor effects are declared",
            false,
        );
    };
    if !closed {
        return fault(1, "the front matter is not closed by a line `---`", false);
    }
    parse(yaml, 1)
}

/// Reads the `skillgate:` block of a Python module's docstring.
pub(crate) fn of_docstring(bytes: &[u8]) -> Manifest {
    // Checking whole words at once is several times faster than looking for what to replace.
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    };
    let Some((docstring, first_line)) = docstring(&text) else {
        return Manifest::default();
    };
    let description = docstring
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .map(str::to_owned);
    let mut manifest = match block(docstring) {
        Some((yaml, line)) => parse(yaml, first_line + line),
        None => Manifest::default(),
    };
    manifest.description = manifest.description.or(description);
    manifest
}

fn front_matter(text: &str) -> Option<(&str, bool)> {
    let (start, body) = after_first_line(text)?;
    match front_matter_range(text) {
        Some(range) => Some((text.get(range)?, true)),
        None => Some((text.get(start..start + body.len())?, false)),
    }
}

/// What follows a first line `---`, and where.
fn after_first_line(text: &str) -> Option<(usize, &str)> {
    let first = text.lines().next()?;
    if first.trim_end() != "---" {
        return None;
    }
    let body = text.get(first.len()..)?;
    let body = body.trim_start_matches('\r').strip_prefix('\n')?;
    Some((text.len() - body.len(), body))
}

/// Where the YAML of closed front matter stands.
pub(crate) fn front_matter_range(text: &str) -> Option<Range<usize>> {
    let (start, body) = after_first_line(text)?;
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some(start..start + at);
        }
        at += line.len();
    }
    None
}

/// Where the first statement of a Python module begins; comments and blank lines may stand before it.
pub(crate) fn first_statement(text: &str) -> usize {
    let mut at = if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    for line in text.get(at..).unwrap_or_default().split_inclusive('\n') {
        let bare = line.trim_start();
        if !bare.trim_end().is_empty() && !bare.starts_with('#') {
            break;
        }
        at += line.len();
    }
    at
}

/// Where the text of a docstring stands: the first statement, when it is a triple-quoted string.
pub(crate) fn docstring_range(text: &str) -> Option<Range<usize>> {
    let rest = text.get(first_statement(text)..)?;
    let rest = rest.strip_prefix(['r', 'R', 'u', 'U']).unwrap_or(rest);
    let quote = ["\"\"\"", "'''"]
        .into_iter()
        .find(|quote| rest.starts_with(quote))?;
    let body = rest.get(quote.len()..)?;
    let start = text.len() - body.len();
    Some(start..start + body.find(quote)?)
}

/// The docstring, and how many lines stand before it.
fn docstring(text: &str) -> Option<(&str, u32)> {
    let range = docstring_range(text)?;
    let before = text.get(..range.start)?.matches('\n').count();
    Some((text.get(range)?, u32::try_from(before).unwrap_or(u32::MAX)))
}

/// The depth of the line `skillgate:`, and where the lines stand that are indented deeper after it.
pub(crate) fn block_range(docstring: &str) -> Option<(usize, Range<usize>)> {
    let mut lines = docstring.split_inclusive('\n');
    let mut start = 0;
    let indent = lines.find_map(|line| {
        start += line.len();
        (line.trim() == "skillgate:").then(|| line.len() - line.trim_start().len())
    })?;
    let deeper =
        |line: &&str| line.trim().is_empty() || line.len() - line.trim_start().len() > indent;
    let body: usize = lines.take_while(deeper).map(str::len).sum();
    Some((indent, start..start + body))
}

/// The lines that are indented deeper than the line `skillgate:` before them, as YAML of their own.
fn block(docstring: &str) -> Option<(&str, u32)> {
    let (_, range) = block_range(docstring)?;
    let before = docstring.get(..range.start)?.matches('\n').count();
    Some((
        docstring.get(range)?,
        u32::try_from(before).unwrap_or(u32::MAX),
    ))
}

fn parse(yaml: &str, first_line: u32) -> Manifest {
    if yaml.len() > MAX_BYTES {
        return fault(first_line, "the manifest is larger than 64 KiB", true);
    }
    if let Some(line) = tag(yaml) {
        let text = "the manifest holds a YAML tag, which tells a loader to build objects";
        return fault(first_line + line, text, true);
    }
    match serde_saphyr::from_str::<Option<Node>>(yaml) {
        Ok(Some(Node::Map(mut entries))) => {
            as_written(&mut entries, yaml);
            interpret(entries, first_line)
        }
        Ok(None) => Manifest::default(),
        Ok(Some(_)) => fault(
            first_line,
            "the manifest is not a list of `key: value`",
            false,
        ),
        Err(error) => lenient(yaml, first_line, &error),
    }
}

/// Agents read names and descriptions line by line where the YAML is broken, and so do we; declarations are not guessed.
fn lenient(yaml: &str, first_line: u32, error: &serde_saphyr::Error) -> Manifest {
    let text = error.to_string();
    let headline = text.lines().next().unwrap_or_default().to_owned();
    let hostile = ["alias", "anchor", "budget", "duplicate", "limit"];
    let fatal = hostile
        .iter()
        .any(|word| headline.to_ascii_lowercase().contains(word));
    let line = error
        .location()
        .map_or(0, |place| u32::try_from(place.line()).unwrap_or(0));
    let value = |key: &str| {
        yaml.lines()
            .find_map(|line| line.strip_prefix(key))
            .map(|rest| rest.trim().trim_matches(['"', '\'']).to_owned())
    };
    let message = format!("the manifest is not valid YAML: {headline}");
    Manifest {
        name: value("name:").filter(|name| !name.is_empty()),
        description: value("description:"),
        errors: vec![ManifestError {
            line: first_line + line,
            message,
            fatal,
        }],
        ..Manifest::default()
    }
}

/// A tag such as `!!python/object` stands where a value begins.
fn tag(yaml: &str) -> Option<u32> {
    let starts = |line: &str| {
        let value = line.split_once(": ").map_or(line, |(_, value)| value);
        let value = value.trim_start().trim_start_matches("- ").trim_start();
        value.starts_with("!!") || value.starts_with("!<")
    };
    yaml.lines()
        .position(starts)
        .map(|line| u32::try_from(line).unwrap_or(u32::MAX))
}

/// YAML with every scalar as its text, so that `on`, `1e3` and `null` mean what was written.
#[derive(Debug)]
enum Node {
    Text(String),
    /// A number with a point or an exponent, of which only the line it stands on knows the digits.
    Number(f64),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

impl<'de> serde::Deserialize<'de> for Node {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> serde::de::Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("YAML")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Text(String::new()))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Text(String::new()))
    }

    fn visit_some<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(node) = access.next_element()? {
            list.push(node);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        let mut seen = BTreeSet::new();
        while let Some((key, value)) = access.next_entry::<String, Node>()? {
            if !seen.insert(key.clone()) {
                return Err(serde::de::Error::custom(format_args!(
                    "duplicate key `{key}`"
                )));
            }
            map.push((key, value));
        }
        Ok(Node::Map(map))
    }
}

/// A version `1.10` is no number: each takes back the text of the first line that gives its key this value.
fn as_written(entries: &mut [(String, Node)], yaml: &str) {
    for (key, value) in entries {
        match value {
            Node::Map(inner) => as_written(inner, yaml),
            Node::Number(number) => {
                let text = yaml
                    .lines()
                    .filter_map(|line| line.trim_start().strip_prefix(key.as_str()))
                    .filter_map(|rest| rest.trim_start().strip_prefix(':'))
                    .map(|rest| rest.split(" #").next().unwrap_or(rest).trim())
                    .find(|text| text.parse() == Ok(*number));
                *value = Node::Text(text.map_or_else(|| number.to_string(), str::to_owned));
            }
            Node::Text(_) | Node::List(_) => {}
        }
    }
}

fn interpret(entries: Vec<(String, Node)>, first_line: u32) -> Manifest {
    let mut manifest = Manifest::default();
    for (key, value) in entries {
        match key.as_str() {
            "name" => manifest.name = Some(flat(&value)).filter(|name| !name.is_empty()),
            "description" => manifest.description = Some(flat(&value)),
            "permissions" | "effects" => {
                manifest.declares |= key == "effects";
                match scopes(&value) {
                    Some(scopes) => manifest.declared.extend(scopes),
                    None => manifest.errors.push(ManifestError {
                        line: first_line,
                        message: format!(
                            "`{key}` must be a list of scopes such as `filesystem:read(./**)`"
                        ),
                        fatal: true,
                    }),
                }
            }
            "allowed-tools" => manifest.allowed_tools = tools(&value),
            _ => manifest.other.push((key, flat(&value))),
        }
    }
    manifest
}

fn scopes(value: &Node) -> Option<Vec<String>> {
    let text = |node: &Node| match node {
        Node::Text(text) => Some(text.clone()),
        Node::Number(number) => Some(number.to_string()),
        Node::List(_) | Node::Map(_) => None,
    };
    match value {
        Node::Text(one) if one.is_empty() => Some(Vec::new()),
        Node::Text(_) | Node::Number(_) | Node::Map(_) => None,
        Node::List(list) => list.iter().map(text).collect(),
    }
}

/// A list, or one string in which spaces and commas outside parentheses separate the tools.
fn tools(value: &Node) -> Vec<String> {
    match value {
        Node::List(list) => list.iter().map(flat).collect(),
        Node::Number(_) | Node::Map(_) => Vec::new(),
        Node::Text(text) => {
            let mut depth = 0_u32;
            let separates = |character: char| {
                match character {
                    '(' => depth += 1,
                    ')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                depth == 0 && matches!(character, ' ' | ',' | '\n' | '\t')
            };
            text.split(separates)
                .filter(|tool| !tool.is_empty())
                .map(str::to_owned)
                .collect()
        }
    }
}

fn flat(value: &Node) -> String {
    match value {
        Node::Text(text) => text.clone(),
        Node::Number(number) => number.to_string(),
        Node::List(list) => list.iter().map(flat).collect::<Vec<_>>().join(", "),
        Node::Map(map) => map
            .iter()
            .map(|(key, value)| format!("{key}: {}", flat(value)))
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

fn fault(line: u32, message: &str, fatal: bool) -> Manifest {
    let error = ManifestError {
        line,
        message: message.to_owned(),
        fatal,
    };
    Manifest {
        errors: vec![error],
        ..Manifest::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(manifest: &Manifest) -> Vec<(u32, bool)> {
        manifest
            .errors
            .iter()
            .map(|error| (error.line, error.fatal))
            .collect()
    }

    #[test]
    fn front_matter_gives_name_description_and_scopes() {
        let text = "---\nname: pdf\ndescription: Reads tables.\npermissions: [filesystem:*, \"git:status\"]\neffects:\n  - filesystem:read(./**)\nallowed-tools: Bash(git log:*), Read Write\nversion: 1.10\n---\n# PDF\n";
        let manifest = of_front_matter(text.as_bytes());
        assert_eq!(manifest.name.as_deref(), Some("pdf"));
        assert_eq!(
            manifest.declared,
            ["filesystem:*", "git:status", "filesystem:read(./**)"]
        );
        assert_eq!(manifest.allowed_tools, ["Bash(git log:*)", "Read", "Write"]);
        let version = ("version".to_owned(), "1.10".to_owned());
        assert!(manifest.other.contains(&version));
        assert_eq!(faults(&manifest), []);
    }

    #[test]
    fn a_docstring_block_declares_effects_of_a_file() {
        let text = "#!/usr/bin/env python3\n\"\"\"Counts words.\n\nskillgate:\n  effects:\n    - filesystem:read(./**)\n\nMore.\n\"\"\"\n";
        let manifest = of_docstring(text.as_bytes());
        assert_eq!(manifest.declared, ["filesystem:read(./**)"]);
        assert_eq!(manifest.description.as_deref(), Some("Counts words."));
        assert_eq!(
            of_docstring(b"x = 1\n'''skillgate:\n  effects: [code:eval]'''"),
            Manifest::default()
        );
    }

    #[test]
    fn hostile_yaml_is_fatal_and_broken_yaml_is_not() {
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n";
        for (yaml, fatal) in [
            (bomb, true),
            ("name: a\nname: b\n", true),
            ("x: !!python/object/apply:os.system [id]\n", true),
            ("description: Use when: asked\nname: colon\n", false),
        ] {
            let manifest = of_front_matter(format!("---\n{yaml}---\n").as_bytes());
            assert_eq!(
                manifest
                    .errors
                    .iter()
                    .map(|error| error.fatal)
                    .collect::<Vec<_>>(),
                [fatal],
                "{yaml} {manifest:?}"
            );
        }
        let manifest = of_front_matter(b"---\ndescription: Use when: asked\nname: colon\n---\n");
        assert_eq!(manifest.name.as_deref(), Some("colon"));
    }

    #[test]
    fn no_or_unclosed_front_matter_is_said() {
        assert_eq!(faults(&of_front_matter(b"# Title\n")), [(1, false)]);
        assert_eq!(faults(&of_front_matter(b"---\nname: a\n")), [(1, false)]);
        assert_eq!(faults(&of_front_matter(b"")), [(1, false)]);
    }
}

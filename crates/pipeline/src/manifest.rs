//! What a skill says of itself: front matter of `SKILL.md`, or a `skillgate:` block in a docstring.

pub(crate) mod span;
mod yaml;

use std::borrow::Cow;

use skillgate_model::{Manifest, ManifestError};

use span::{block, docstring, front_matter};
use yaml::{Node, as_written, tag};

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

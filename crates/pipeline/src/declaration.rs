//! A skill's manifest with other effects declared, for the patch that an author is offered.

use std::path::PathBuf;

use skillgate_model::{Manifest, Skill, SkillKind};
use skillgate_permissions::Suggestion;

use crate::manifest::{self, span};

/// A manifest's file as it is and as it would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The file, below the path that was examined.
    pub path: PathBuf,
    /// Its text.
    pub old: String,
    /// Its text with these effects declared and nothing else touched.
    pub new: String,
}

/// The manifest with exactly these effects in its `effects:`; `None` where it cannot be edited with certainty.
pub fn declare(skill: &Skill, effects: &[Suggestion]) -> Option<Proposal> {
    let own = skill.manifest_path.as_deref()?;
    let file = skill.files.iter().find(|file| file.path == own)?;
    let old = std::str::from_utf8(file.bytes()?).ok()?.to_owned();
    let (path, new, read): (_, _, fn(&[u8]) -> Manifest) = match skill.kind {
        SkillKind::Folder => (
            skill.root.join(&file.raw),
            in_front_matter(&old, effects)?,
            manifest::of_front_matter,
        ),
        SkillKind::File if own.ends_with(".py") => (
            skill.root.clone(),
            in_docstring(&old, effects)?,
            manifest::of_docstring,
        ),
        SkillKind::File => return None,
    };
    // Whoever applies the patch must get what was suggested, so the text is read back as the gate will read it.
    let read = read(new.as_bytes());
    let declared = |effect: &Suggestion| read.declared.contains(&effect.scope);
    let holds = read.declares && read.errors.is_empty() && effects.iter().all(declared);
    holds.then_some(Proposal { path, old, new })
}

/// The lines of `effects:`, each indented by so much; what is wider than what was seen says so.
fn block(effects: &[Suggestion], indent: &str, end: &str) -> String {
    if effects.is_empty() {
        return format!("{indent}effects: []{end}");
    }
    let lines = effects.iter().map(|effect| {
        let scope = quoted(&effect.scope);
        let why = effect.widened.map(|why| format!("  # {why}"));
        format!("{indent}  - {scope}{}{end}", why.unwrap_or_default())
    });
    format!("{indent}effects:{end}{}", lines.collect::<String>())
}

/// A YAML scalar; single quotes take every character but themselves as it stands.
fn quoted(scope: &str) -> String {
    let plain =
        |character: char| character.is_ascii_alphanumeric() || "_-.:/()*~".contains(character);
    let is_plain = scope.chars().all(plain)
        && scope.starts_with(|first: char| first.is_ascii_alphabetic())
        && !scope.ends_with(':');
    if is_plain {
        scope.to_owned()
    } else {
        format!("'{}'", scope.replace('\'', "''"))
    }
}

fn line_end(text: &str) -> &'static str {
    match text.split_once('\n') {
        Some((first, _)) if first.ends_with('\r') => "\r\n",
        Some(_) | None => "\n",
    }
}

fn in_front_matter(text: &str, effects: &[Suggestion]) -> Option<String> {
    let end = line_end(text);
    let block = block(effects, "", end);
    let Some(range) = span::front_matter_range(text) else {
        // Front matter that is not closed, or stands behind a byte order mark, is for its author to mend.
        if text.starts_with("---") || text.starts_with('\u{feff}') {
            return None;
        }
        return Some(format!("---{end}{block}---{end}{text}"));
    };
    let yaml = text.get(range.clone())?;
    let (at, until) = key(yaml, "").unwrap_or((yaml.len(), yaml.len()));
    splice(text, range.start + at, range.start + until, &block)
}

fn in_docstring(text: &str, effects: &[Suggestion]) -> Option<String> {
    let end = line_end(text);
    let Some(range) = span::docstring_range(text) else {
        let at = span::first_statement(text);
        let block = block(effects, "  ", end);
        let docstring = format!("\"\"\"{end}skillgate:{end}{block}\"\"\"{end}");
        return splice(text, at, at, &docstring);
    };
    let docstring = text.get(range.clone())?;
    let Some((indent, body)) = span::block_range(docstring) else {
        let kept = docstring.trim_end();
        let block = block(effects, "  ", end);
        let addition = format!("{end}{end}skillgate:{end}{block}");
        return splice(text, range.start + kept.len(), range.end, &addition);
    };
    let inner = format!("{}  ", " ".repeat(indent));
    let yaml = docstring.get(body.clone())?;
    // The keys of a block are as deep as its first one.
    let deep = yaml.lines().find(|line| !line.trim().is_empty());
    let deep = deep.map_or(inner.as_str(), |line| {
        line.get(..line.len() - line.trim_start().len())
            .unwrap_or_default()
    });
    let (at, until) = key(yaml, deep).unwrap_or((0, 0));
    let start = range.start + body.start;
    splice(text, start + at, start + until, &block(effects, deep, end))
}

/// Where the entry `effects:` of this depth begins and ends, comments after it left out.
fn key(yaml: &str, indent: &str) -> Option<(usize, usize)> {
    let mut lines = yaml.split_inclusive('\n');
    let mut at = 0;
    let first = loop {
        let line = lines.next()?;
        if line
            .strip_prefix(indent)
            .is_some_and(|line| line.starts_with("effects:"))
        {
            break line;
        }
        at += line.len();
    };
    let (mut until, mut seen) = (at + first.len(), at + first.len());
    for line in lines {
        let below = line.strip_prefix(indent);
        let goes_on = below.is_some_and(|line| line.starts_with([' ', '\t', '-', ']']));
        let is_empty = line.trim().is_empty();
        if !goes_on && !is_empty && !line.trim_start().starts_with('#') {
            break;
        }
        seen += line.len();
        if goes_on && !is_empty {
            until = seen;
        }
    }
    Some((at, until))
}

fn splice(text: &str, from: usize, to: usize, middle: &str) -> Option<String> {
    Some([text.get(..from)?, middle, text.get(to..)?].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effects(scopes: &[&str]) -> Vec<Suggestion> {
        let one = |scope: &&str| Suggestion {
            scope: (*scope).to_owned(),
            widened: scope.ends_with("connect").then_some("it is not known"),
        };
        scopes.iter().map(one).collect()
    }

    #[test]
    fn front_matter_keeps_everything_but_its_effects() {
        let effects = effects(&["network:connect", "process:spawn(git)"]);
        let block = "effects:\n  - network:connect  # it is not known\n  - process:spawn(git)\n";
        for (old, new) in [
            (
                "---\nname: a\n---\n# A\n",
                format!("---\nname: a\n{block}---\n# A\n"),
            ),
            (
                "---\neffects: [x, y]\nname: a\n---\n",
                format!("---\n{block}name: a\n---\n"),
            ),
            (
                "---\neffects:\n- x\n\n  # why\n- y\n# next\nname: a\n---\n",
                format!("---\n{block}# next\nname: a\n---\n"),
            ),
            ("---\neffects: [x,\n  y\n]\n---", format!("---\n{block}---")),
            ("# A\n", format!("---\n{block}---\n# A\n")),
            ("", format!("---\n{block}---\n")),
        ] {
            assert_eq!(in_front_matter(old, &effects).unwrap(), new);
        }
        assert_eq!(in_front_matter("---\nname: a\n", &effects), None);
        assert_eq!(in_front_matter("\u{feff}---\n---\n", &effects), None);
        let windows = in_front_matter("---\r\nname: a\r\n---\r\n", &effects).unwrap();
        assert_eq!(
            windows,
            format!("---\nname: a\n{block}---\n").replace('\n', "\r\n")
        );
    }

    #[test]
    fn a_docstring_gets_a_block_or_another_list() {
        let effects = effects(&["process:spawn(git)", "env:read(A'B c)"]);
        let list = "  effects:\n    - process:spawn(git)\n    - 'env:read(A''B c)'\n";
        for (old, new) in [
            (
                "\"\"\"Adds.\"\"\"\nx = 1\n",
                format!("\"\"\"Adds.\n\nskillgate:\n{list}\"\"\"\nx = 1\n"),
            ),
            (
                "'''Adds.\n\nskillgate:\n  effects:\n    - old\n\nMore.\n'''\n",
                format!("'''Adds.\n\nskillgate:\n{list}\nMore.\n'''\n"),
            ),
            (
                "#!/x\n\nx = 1\n",
                format!("#!/x\n\n\"\"\"\nskillgate:\n{list}\"\"\"\nx = 1\n"),
            ),
            (
                "\"\"\"A.\n\nskillgate:\n  name: a\n\"\"\"\n",
                format!("\"\"\"A.\n\nskillgate:\n{list}  name: a\n\"\"\"\n"),
            ),
        ] {
            assert_eq!(in_docstring(old, &effects).unwrap(), new);
            let declared = manifest::of_docstring(new.as_bytes()).declared;
            assert_eq!(declared, ["process:spawn(git)", "env:read(A'B c)"]);
        }
    }
}

//! One edit as a unified diff, for `git apply` and `patch -p1`.

use std::path::Path;

/// Lines that stand unchanged on both sides of the edit.
const CONTEXT: usize = 3;

/// The diff of one file; `None` where nothing differs, or its path cannot stand in a diff.
pub fn unified(path: &Path, old: &str, new: &str) -> Option<String> {
    let path = path.to_str()?;
    if old == new || path.contains(|c: char| c.is_control() || matches!(c, '"' | '\\')) {
        return None;
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (lines(old), lines(new));
    let alike = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| {
        pairs.take_while(|(old, new)| old == new).count()
    };
    let before = alike(&mut old.iter().zip(&new));
    let shorter = old.len().min(new.len()) - before;
    let after = alike(&mut old.iter().rev().zip(new.iter().rev())).min(shorter);
    let first = before.saturating_sub(CONTEXT);
    let kept = after.min(CONTEXT);
    let mut hunk = String::new();
    let sides = [
        (' ', old.get(first..before)?),
        ('-', old.get(before..old.len() - after)?),
        ('+', new.get(before..new.len() - after)?),
        (' ', old.get(old.len() - after..old.len() - after + kept)?),
    ];
    for (sign, lines) in sides {
        for line in lines {
            hunk.push(sign);
            hunk.push_str(line);
            if !line.ends_with('\n') {
                hunk.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    let range = |side: &[&str]| {
        let count = side.len() - first - (after - kept);
        // A side without lines is said to begin before its first one.
        let start = if count == 0 { first } else { first + 1 };
        format!("{start},{count}")
    };
    // A tab ends a path that holds spaces.
    let tab = if path.contains(' ') { "\t" } else { "" };
    Some(format!(
        "--- a/{path}{tab}\n+++ b/{path}{tab}\n@@ -{} +{} @@\n{hunk}",
        range(&old),
        range(&new)
    ))
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_has_its_lines_and_three_around_them() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let new = old.replace("5\n", "five\nsix\n");
        assert_eq!(
            unified(Path::new("a b"), old, &new).unwrap(),
            "--- a/a b\t\n+++ b/a b\t\n@@ -2,7 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n+six\n 6\n 7\n 8\n"
        );
        assert_eq!(unified(Path::new("a"), old, old), None);
        assert_eq!(unified(Path::new("a\nb"), old, &new), None);
    }

    #[test]
    fn the_ends_of_a_file_and_a_last_line_without_end_are_said() {
        assert_eq!(
            unified(Path::new("a"), "x\n", "y\nx\n").unwrap(),
            "--- a/a\n+++ b/a\n@@ -1,1 +1,2 @@\n+y\n x\n"
        );
        assert_eq!(
            unified(Path::new("a"), "", "y\n").unwrap(),
            "--- a/a\n+++ b/a\n@@ -0,0 +1,1 @@\n+y\n"
        );
        assert_eq!(
            unified(Path::new("a"), "x\nx", "x\nx\nx").unwrap(),
            "--- a/a\n+++ b/a\n@@ -1,2 +1,3 @@\n x\n+x\n x\n\\ No newline at end of file\n"
        );
    }
}

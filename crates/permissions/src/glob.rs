//! Globs within one component: `*` is any run of characters, everything else is itself.

/// Whether every text that `text` stands for matches `pattern`.
///
/// `text` may hold `*` itself; it then stands for a set, and only a `*` of the pattern takes it in.
#[inline]
pub(crate) fn includes(pattern: &[u8], text: &[u8]) -> bool {
    walk(
        pattern,
        text,
        |part| *part == b'*',
        |part, byte| part == byte,
    )
}

/// Whether the parts of a pattern take in all items, where a star takes any run of them.
#[inline]
pub(crate) fn walk<'t, P, T>(
    pattern: &[P],
    items: &'t [T],
    is_star: impl Fn(&P) -> bool,
    takes: impl Fn(&P, &'t T) -> bool,
) -> bool {
    let (mut place, mut at) = (0, 0);
    // Only the last star ever needs another try: where it stands, and how far it reached.
    let mut star: Option<(usize, usize)> = None;
    while let Some(item) = items.get(at) {
        match pattern.get(place) {
            Some(part) if is_star(part) => {
                place += 1;
                star = Some((place, at));
            }
            Some(part) if takes(part, item) => {
                place += 1;
                at += 1;
            }
            Some(_) | None => {
                let Some((after, reached)) = star else {
                    return false;
                };
                place = after;
                at = reached + 1;
                star = Some((after, at));
            }
        }
    }
    pattern
        .get(place..)
        .is_some_and(|rest| rest.iter().all(is_star))
}

/// Whether some text may match both; errs towards yes.
pub(crate) fn may_meet(pattern: &[u8], text: &[u8]) -> bool {
    match (is_literal(pattern), is_literal(text)) {
        (_, true) => includes(pattern, text),
        (true, false) => includes(text, pattern),
        (false, false) => {
            let forward = fixed_ends_agree(pattern.iter(), text.iter());
            forward && fixed_ends_agree(pattern.iter().rev(), text.iter().rev())
        }
    }
}

pub(crate) fn is_literal(pattern: &[u8]) -> bool {
    !pattern.contains(&b'*')
}

fn fixed_ends_agree<'a>(
    left: impl Iterator<Item = &'a u8>,
    right: impl Iterator<Item = &'a u8>,
) -> bool {
    left.zip(right)
        .take_while(|(a, b)| **a != b'*' && **b != b'*')
        .all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_takes_any_run_and_nothing_else_bends() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("*", "abc", true),
            ("a*", "a", true),
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("*b*b", "abab", true),
            ("*ab", "aab", true),
            ("a*b*c", "abxbxc", true),
            ("a*b*c", "axxc", false),
            ("abc", "ab", false),
            ("ab", "abc", false),
            ("", "", true),
            ("", "a", false),
        ] {
            let got = includes(pattern.as_bytes(), text.as_bytes());
            assert_eq!(got, expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_set_lies_within_a_pattern_only_where_its_stars_do() {
        for (pattern, set, expected) in [
            ("a*", "ab*", true),
            ("ab*", "a*", false),
            ("*", "x*y", true),
            ("a*b", "a*b", true),
            ("a*b", "a*", false),
            ("*a*", "*ba*", true),
        ] {
            let got = includes(pattern.as_bytes(), set.as_bytes());
            assert_eq!(got, expected, "{set} within {pattern}");
        }
    }

    #[test]
    fn two_globs_meet_unless_their_fixed_ends_differ() {
        for (left, right, expected) in [
            ("a*", "*b", true),
            ("a*", "b*", false),
            ("*.csv", "*.txt", false),
            ("x", "y", false),
            ("x*", "xy", true),
            ("xy", "x*", true),
            ("xy", "z*", false),
            ("x", "xy", false),
            ("xy", "x", false),
            ("axb", "a*c*b", false),
            ("a*c*b", "axb", false),
        ] {
            let got = may_meet(left.as_bytes(), right.as_bytes());
            assert_eq!(got, expected, "{left} {right}");
        }
    }
}

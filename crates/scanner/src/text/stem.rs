//! Words reduced to stems, and look-alike letters to the Latin ones they imitate.

use std::borrow::Cow;

/// Lower case, look-alikes folded, endings of plural and tense taken off; the same for text and for rules.
pub(crate) fn stem(word: &str) -> Cow<'_, str> {
    let plain = fold(elided(word));
    if let Some(base) = plain.strip_suffix("ies").or(plain.strip_suffix("ied"))
        && base.len() > 1
    {
        return Cow::Owned(format!("{base}y"));
    }
    let length = ending(plain.strip_suffix("'s").unwrap_or(&plain));
    match plain {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(..length).unwrap_or(text)),
        Cow::Owned(mut text) => {
            text.truncate(length);
            Cow::Owned(text)
        }
    }
}

/// Articles and prepositions of French and Italian that lose their vowel to the word behind them.
const ELIDED: [&str; 9] = ["l", "d", "qu", "all", "dell", "nell", "sull", "dall", "un"];

/// The word without such an article: `l'utente` is `utente`.
fn elided(word: &str) -> &str {
    match word.split_once(['\'', '’']) {
        Some((article, rest))
            if rest.len() > 3 && ELIDED.iter().any(|one| article.eq_ignore_ascii_case(one)) =>
        {
            rest
        }
        _ => word,
    }
}

/// How much of a word remains without its ending.
fn ending(word: &str) -> usize {
    if !word.is_ascii() || word.ends_with("n't") {
        return word.len();
    }
    let mut base = word;
    if base.len() > 3 && base.ends_with('s') && !base.ends_with("ss") && !base.ends_with("us") {
        base = base.get(..base.len() - 1).unwrap_or(base);
    }
    if base.len() > 5 && base.ends_with("ing") {
        base = base.get(..base.len() - 3).unwrap_or(base);
    } else if base.len() > 4 && base.ends_with("ed") && !base.ends_with("eed") {
        base = base.get(..base.len() - 2).unwrap_or(base);
    }
    // "Note" must not become "not".
    if base.len() > 3 && base.ends_with('e') && base != "note" {
        base = base.get(..base.len() - 1).unwrap_or(base);
    }
    let bytes = base.as_bytes();
    if let [.., a, b] = bytes
        && a == b
        && bytes.len() > 3
        && !matches!(b, b'a' | b'e' | b'i' | b'o' | b'u')
    {
        return base.len() - 1;
    }
    base.len()
}

/// Lower-case Latin letters for capitals, full-width forms and Cyrillic and Greek look-alikes; what is
/// invisible is left out, so that no letter hides between two others.
pub(crate) fn fold(word: &str) -> Cow<'_, str> {
    if word
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'\'')
    {
        return Cow::Borrowed(word);
    }
    if word.is_ascii() {
        return Cow::Owned(word.to_ascii_lowercase());
    }
    Cow::Owned(
        word.chars()
            .filter(|c| !is_invisible(*c))
            .map(latin)
            .flat_map(char::to_lowercase)
            .collect(),
    )
}

/// Characters without a glyph of their own.
pub(crate) const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// The Latin letter that a letter of another script looks like.
pub(crate) const fn latin(c: char) -> char {
    match c {
        'а' | 'А' | 'α' | 'Α' => 'a',
        'В' | 'Β' => 'b',
        'с' | 'С' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'Е' | 'ё' | 'Ε' | 'є' => 'e',
        'ɡ' => 'g',
        'һ' | 'Н' | 'Η' => 'h',
        'і' | 'І' | 'Ι' | 'ι' | 'ı' => 'i',
        'ј' | 'Ј' => 'j',
        'К' | 'к' | 'Κ' | 'κ' => 'k',
        'ӏ' | 'Ӏ' => 'l',
        'М' | 'Μ' => 'm',
        'Ν' => 'n',
        'о' | 'О' | 'ο' | 'Ο' => 'o',
        'р' | 'Р' | 'ρ' | 'Ρ' => 'p',
        'ѕ' | 'Ѕ' => 's',
        'Т' | 'т' | 'Τ' | 'τ' => 't',
        'ν' | 'ѵ' => 'v',
        'ѡ' => 'w',
        'х' | 'Х' | 'χ' | 'Χ' => 'x',
        'у' | 'У' | 'γ' | 'Υ' => 'y',
        'Ζ' => 'z',
        '’' | '‘' | 'ʼ' | '＇' => '\'',
        '\u{ff01}'..='\u{ff5e}' => match char::from_u32(c as u32 - 0xfee0) {
            Some(plain) => plain,
            None => c,
        },
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_share_a_stem() {
        for forms in [
            &["instruction", "instructions", "Instructions"][..],
            &["send", "sends", "sending"],
            &["copy", "copies", "copied", "copying"],
            &["execute", "executed", "executing", "executes"],
            &["run", "running", "runs"],
            &["tell", "tells", "telling"],
            &["pass", "passes", "passed"],
            &["use", "uses"],
            &["utente", "l'utente", "all’utente"],
        ] {
            let stems: Vec<_> = forms.iter().map(|form| stem(form)).collect();
            assert!(stems.iter().all(|one| *one == stems[0]), "{stems:?}");
        }
    }

    #[test]
    fn look_alikes_and_hidden_letters_are_folded() {
        assert_eq!(stem("іgnоrе"), "ignor");
        assert_eq!(stem("ig\u{200b}nore"), "ignor");
        assert_eq!(stem("ＩＧＮＯＲＥ"), "ignor");
    }
}

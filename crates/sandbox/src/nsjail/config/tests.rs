//! The configuration as nsjail reads it, whole.

use expect_test::expect_file;
use skillgate_model::{Limits, Tier};

use super::*;
use crate::native::spec::Planted;

fn spec() -> Spec {
    Spec {
        tier: Tier::Full,
        top: String::new(),
        privileged: true,
        visible: vec![
            "/usr/bin/python3.11".to_owned(),
            "/usr/lib/python3.11".to_owned(),
        ],
        links: vec![
            ("/lib64".to_owned(), "usr/lib64".to_owned()),
            ("/skill/link.txt".to_owned(), "data.txt".to_owned()),
        ],
        programs: vec!["/usr/bin/python3.11".to_owned()],
        planted: vec![Planted {
            path: "/skill/tool.py".to_owned(),
            length: 100,
        }],
        argv: vec!["python3".to_owned()],
        env: vec![
            "PATH=/usr/bin".to_owned(),
            "NAME=\"quoted\" and \u{e9}".to_owned(),
        ],
        limits: Limits::default(),
        observed: true,
        executable: false,
        hostname: None,
        elsewhere: false,
        network: Vec::new(),
    }
}

#[test]
fn the_configuration_says_everything_that_nsjail_has_to_do() {
    let text = config(&spec(), "/usr/bin/python3.11", (65534, 65534), "77");
    // The program is in a file of its own.
    let text = text.replace(&quoted(guest::PROGRAM), "\"sandbox/guest.py\"");
    expect_file!["../../../../../sandbox/nsjail.expected.cfg"].assert_eq(&text);
}

#[test]
fn strings_are_quoted_byte_by_byte() {
    assert_eq!(
        quoted("a\"b\\c\nd\u{7f}\u{e9}"),
        r#""a\"b\\c\nd\177\303\251""#
    );
}

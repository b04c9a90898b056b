//! A candidate's text stays text in every format, and the author learns nothing of the detector.

use proptest::prelude::*;
use skillgate_report::{Audience, FORMATS, Style};

use crate::{samples, written};

/// Characters that no format may let through, whatever the candidate holds.
const FORBIDDEN: [char; 9] = [
    '\x1b',
    '\x07',
    '\0',
    '\u{9b}',
    '\u{202e}',
    '\u{2066}',
    '\u{200b}',
    '\u{e0041}',
    '\u{ffff}',
];

fn styles() -> [Style; 4] {
    let style = Style::default();
    [
        style,
        Style {
            verbose: true,
            ..style
        },
        Style {
            quiet: true,
            ..style
        },
        Style {
            audience: Audience::Author,
            ..style
        },
    ]
}

#[test]
fn nothing_that_a_terminal_obeys_gets_through() {
    let text: String = FORBIDDEN.iter().collect();
    for format in FORMATS {
        for style in styles() {
            let output = written(format.name(), style, &[samples::hostile(&text)]);
            for character in FORBIDDEN {
                let name = format.name();
                assert!(
                    !output.contains(character),
                    "{name} lets {character:?} through"
                );
            }
        }
    }
}

#[test]
fn a_new_line_in_a_name_starts_no_line() {
    for format in FORMATS {
        for style in styles() {
            let output = written(
                format.name(),
                style,
                &[samples::hostile("x\rINJECTED\nINJECTED")],
            );
            let lines = output.split(['\n', '\r']).map(str::trim_start);
            let injected = lines.filter(|line| line.starts_with("INJECTED")).count();
            assert_eq!(injected, 0, "{}", format.name());
        }
    }
}

#[test]
fn a_build_log_gets_no_command() {
    for format in FORMATS {
        for style in styles() {
            let output = written(
                format.name(),
                style,
                &[samples::hostile("##vso[task.x]y ##[error]z")],
            );
            assert!(!output.contains("##vso["), "{}", format.name());
            assert!(!output.contains("##["), "{}", format.name());
        }
    }
}

#[test]
fn the_author_learns_nothing_of_the_detector() {
    let style = Style {
        audience: Audience::Author,
        verbose: true,
        ..Style::default()
    };
    for format in FORMATS {
        let output = written(format.name(), style, &samples::all());
        let (_, output) = output.split_once("</style>").unwrap_or(("", &output));
        for secret in [
            "SEC-",
            "SIM-",
            "os.system",
            "zlib",
            "f-11",
            "decoy",
            "syscall",
            "pandas",
            ":14:",
            ":23:",
            "CWE",
            "critical",
            "L1",
            "L2",
            "2 runs",
            "0xff",
        ] {
            let name = format.name();
            assert!(!output.contains(secret), "{name} tells {secret}:\n{output}");
        }
        assert!(
            output.contains("ship the code as source"),
            "{}",
            format.name()
        );
        assert!(output.contains("scripts/run.py"), "{}", format.name());
    }
}

#[test]
fn what_scan_and_sandbox_caught_reads_alike_to_the_author() {
    let style = Style {
        audience: Audience::Author,
        ..Style::default()
    };
    let by_scan = samples::quarantined();
    let mut by_sandbox = by_scan.clone();
    by_sandbox.verdict.reasons[0].kind = skillgate_model::ReasonKind::Behaviour;
    by_sandbox.verdict.reasons[0].layer = skillgate_model::Layer::Simulate;
    for format in FORMATS {
        let (scan, sandbox) = (by_scan.clone(), by_sandbox.clone());
        assert_eq!(
            written(format.name(), style, &[scan]),
            written(format.name(), style, &[sandbox])
        );
    }
}

#[test]
fn no_report_is_a_document_too() {
    for format in FORMATS {
        assert!(
            !written(format.name(), Style::default(), &[]).is_empty(),
            "{}",
            format.name()
        );
    }
}

#[test]
fn a_workflow_command_is_all_that_a_line_holds() {
    let text = "x::error file=y,title=z::%0A\n::set-output name=a::b";
    let output = written("github", Style::default(), &[samples::hostile(text)]);
    for line in output.lines() {
        let (command, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (name, parameters) = command.split_once(' ').unwrap();
        assert!(["error", "warning", "notice"].contains(&name), "{line}");
        for parameter in parameters.split(',') {
            let (name, _) = parameter.split_once('=').unwrap();
            assert!(
                ["file", "line", "col", "endColumn", "title"].contains(&name),
                "{line}"
            );
        }
        assert!(!line.contains("%0A"), "{line}");
        assert!(!message.is_empty());
    }
}

/// Tags, attributes and lines; all of them are ours, so hostile text must not change the number.
fn structure(output: &str) -> [usize; 3] {
    // A pair of backticks makes `<code>` in a sentence.
    let output = output.replace("<code>", "").replace("</code>", "");
    ["<", "\"", ">"].map(|sign| output.matches(sign).count())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_becomes_markup(text in "[<>&\"'/a-z!\\-\\[\\]]{1,12}|\\PC{1,12}") {
        for name in ["html", "junit"] {
            for style in styles() {
                let output = written(name, style, &[samples::hostile(&text)]);
                let harmless = written(name, style, &[samples::hostile("x")]);
                prop_assert_eq!(structure(&output), structure(&harmless));
            }
        }
    }

    #[test]
    fn no_text_breaks_a_format(text in "\\PC{0,12}|[\\x00-\\x7f]{0,12}|[\u{0}-\u{10ffff}]{0,8}", width in 0_usize..200) {
        for format in FORMATS {
            for style in styles() {
                let style = Style { width, ..style };
                let output = written(format.name(), style, &[samples::hostile(&text)]);
                prop_assert!(!output.contains(FORBIDDEN));
            }
        }
    }
}

//! Reports stay short, whatever a candidate is called and however much of it there is.

use skillgate_report::{Audience, Style};

use crate::{samples, written};

#[test]
fn a_comment_fits_on_github_and_names_the_quarantined_first() {
    let mut reports = vec![samples::promoted(); 2_000];
    reports.extend(vec![samples::hostile(&"x y.z ".repeat(1_000)); 50]);
    reports.push(samples::quarantined());
    let comment = written("markdown", Style::default(), &reports);
    assert!(comment.chars().count() < 65_536, "{}", comment.len());
    assert!(comment.contains("| `pdf-tables` |"));
    let first = comment.find("quarantined**").unwrap();
    assert!(first < comment.find("✅ promoted").unwrap());
    assert!(comment.contains("more skills are not in this table"));
}

#[test]
fn no_skill_crowds_out_the_reasons_of_another() {
    let mut greedy = samples::quarantined();
    greedy.verdict.reasons = vec![greedy.verdict.reasons[2].clone(); 1_000];
    let comment = written(
        "markdown",
        Style::default(),
        &[greedy, samples::quarantined()],
    );
    assert!(comment.contains("more reasons"));
    assert!(comment.contains("SEC-PAYLOAD-001"));
}

#[test]
fn a_name_of_a_megabyte_is_cut() {
    let reports = [samples::hostile(&"a".repeat(1 << 20))];
    for (format, limit) in [
        ("text", 100_000),
        ("github", 50_000),
        ("junit", 100_000),
        ("markdown", 20_000),
    ] {
        for audience in [Audience::Operator, Audience::Author] {
            let style = Style {
                audience,
                verbose: true,
                ..Style::default()
            };
            let length = written(format, style, &reports).len();
            assert!(length < limit, "{format} writes {length} bytes");
        }
    }
}

#[test]
fn a_payload_far_to_the_right_is_in_sight() {
    let mut report = samples::quarantined();
    let excerpt = report.findings[0].excerpt.as_mut().unwrap();
    excerpt.text = format!("{}exec(x){}", " ".repeat(9_000), "#".repeat(9_000));
    (excerpt.start, excerpt.end) = (9_000, 9_007);
    let text = written("text", Style::default(), &[report]);
    let line = text.lines().find(|line| line.contains("exec(x)")).unwrap();
    assert!(line.len() <= 110, "{line}");
}

#[test]
fn findings_without_end_are_counted_not_listed() {
    let mut report = samples::quarantined();
    report.findings = vec![report.findings[3].clone(); 50_000];
    let text = written("text", Style::default(), std::slice::from_ref(&report));
    assert!(text.contains("50000 further findings"));
    assert!(text.len() < 10_000);
    assert!(written("html", Style::default(), &[report]).contains("and 49500 more"));
}

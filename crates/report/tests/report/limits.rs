//! Reports stay short, whatever a candidate is called and however much of it there is.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use skillgate_report::{Audience, FORMATS, Style, Writer, format, write_all};

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

/// Keeps what is written within reach, up to a size at which it fails like a full disk.
struct Disk {
    bytes: Rc<RefCell<Vec<u8>>>,
    size: usize,
}

impl io::Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut disk = self.bytes.borrow_mut();
        if disk.len() + bytes.len() > self.size {
            return Err(io::ErrorKind::StorageFull.into());
        }
        disk.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn text_is_out_as_soon_as_a_result_is_there() {
    let bytes = Rc::default();
    let mut disk = Disk {
        bytes: Rc::clone(&bytes),
        size: usize::MAX,
    };
    let text = format("text").unwrap();
    let mut writer = Writer::new(text, Style::default(), &mut disk);
    writer.report(&samples::promoted()).unwrap();
    assert!(bytes.borrow().starts_with(b"promoted    csv-clean"));
}

#[test]
fn a_full_disk_is_an_error_in_every_format() {
    for format in FORMATS {
        let mut disk = Disk {
            bytes: Rc::default(),
            size: 10,
        };
        let written = write_all(*format, Style::default(), &samples::all(), &mut disk);
        assert!(written.is_err(), "{}", format.name());
    }
}

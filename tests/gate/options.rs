//! What is printed, where and how.

use serde_json::Value;

use crate::exits::{BAD, GOOD};
use crate::place::{Place, finish, finish_in_colour, repository};

fn two() -> Place {
    let place = Place::with("skills/good.py", GOOD);
    place.write("skills/bad.py", BAD);
    place
}

#[test]
fn json_is_what_its_published_schema_says() {
    let schema = std::fs::read(repository().join("docs/report.schema.json")).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let place = two();
    for arguments in [
        &["skills"][..],
        &["--audience", "author", "skills"],
        &["--static-only", "skills"],
        &["--profile", "observe", "skills/good.py"],
    ] {
        let document = place.scan(arguments).document();
        let faults: Vec<String> = validator
            .iter_errors(&document)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{arguments:?}\n{}", faults.join("\n"));
    }
}

#[test]
fn the_author_of_a_skill_learns_the_remedy_and_not_the_detector() {
    let place = two();
    let outcome = place.scan(&["--audience", "author", "skills"]);
    assert!(outcome.stdout.contains("remedy"));
    for detail in ["SEC-CALL-002", "\"fingerprint\"", "\"trace\""] {
        assert!(!outcome.stdout.contains(detail), "{detail}");
    }
    let text = place.run(&["scan", "--audience", "author", "skills"]);
    assert!(!text.stdout.contains("SEC-CALL-002"), "{}", text.stdout);
}

#[test]
fn a_text_report_shows_the_place_with_a_caret() {
    let place = Place::with("bad.py", BAD);
    let outcome = place.run(&["scan", "bad.py"]);
    outcome.says("bad.py:2:5").says("exec(text)").says("^^^^");
}

#[test]
fn the_result_can_go_to_a_file_whole() {
    let place = two();
    let outcome = place.scan(&["--output", "report.json", "skills"]);
    outcome.exits(1);
    assert_eq!(outcome.stdout, "");
    let document: Value = serde_json::from_str(&place.read("report.json")).unwrap();
    assert_eq!(document["summary"]["skills"], 2);
    place.write("kept.txt", "kept");
    place
        .run(&["scan", "--output", "kept.txt", "absent"])
        .exits(2);
    assert_eq!(place.read("kept.txt"), "kept");
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let place = two();
    assert!(!place.run(&["scan", "skills"]).stdout.contains('\u{1b}'));
    let mut forced = place.command(&["scan", "skills"]);
    forced.env("FORCE_COLOR", "1");
    assert!(finish_in_colour(forced).stdout.contains("\u{1b}["));
    let mut refused = place.command(&["scan", "skills"]);
    refused.env("FORCE_COLOR", "1").env("NO_COLOR", "1");
    assert!(!finish(refused).stdout.is_empty());
    let mut in_json = place.command(&["scan", "--format", "json", "skills"]);
    in_json.env("FORCE_COLOR", "1");
    finish(in_json).document();
}

#[test]
fn quiet_speaks_of_quarantined_skills_only() {
    let place = two();
    let outcome = place.run(&["scan", "--quiet", "skills/good.py"]);
    assert_eq!((&*outcome.stdout, &*outcome.stderr), ("", ""));
    let outcome = place.run(&["scan", "--quiet", "skills"]);
    outcome.exits(1).says("bad");
    assert!(!outcome.stdout.contains("good"), "{}", outcome.stdout);
}

#[test]
fn no_progress_bar_is_drawn_into_a_pipe() {
    let outcome = two().run(&["scan", "skills"]);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn the_number_of_jobs_changes_nothing_but_the_time() {
    let place = Place::new();
    for number in 0..12 {
        place.write(&format!("skills/s{number:02}.py"), [GOOD, BAD][number % 2]);
    }
    let verdicts = |jobs: &str| {
        let outcome = place.scan_static(&["--no-cache", "--jobs", jobs, "skills"]);
        let reports = outcome.exits(1).reports();
        let verdict = |mut report: crate::place::Report| {
            (report.name().to_owned(), report.0["verdict"].take())
        };
        reports.into_iter().map(verdict).collect::<Vec<_>>()
    };
    let one = verdicts("1");
    assert_eq!(one.len(), 12);
    assert_eq!(one, verdicts("8"));
}

#[test]
fn the_same_skill_gets_the_same_verdict_from_the_cache() {
    let place = two();
    let first = place.scan(&["skills"]);
    let second = place.scan(&["skills"]);
    for (mut one, mut two) in first.reports().into_iter().zip(second.reports()) {
        assert_ne!(one.id(), two.id());
        for changes in [
            "id",
            "started_at",
            "duration_ms",
            "scan",
            "simulation",
            "permissions",
        ] {
            one.0[changes].take();
            two.0[changes].take();
        }
        assert_eq!(one.0, two.0);
    }
}

#[test]
fn without_the_simulation_an_unchanged_skill_keeps_its_report_until_what_it_rests_on_changes() {
    let place = two();
    let ids = |arguments: &[&str]| {
        let reports = place.scan_static(arguments).reports();
        let id = |report: &crate::place::Report| report.id().to_owned();
        reports.iter().map(id).collect::<Vec<_>>()
    };
    let first = ids(&["skills"]);
    assert_eq!(ids(&["skills"]), first);
    let differ = |others: Vec<String>| assert!(others.iter().all(|id| !first.contains(id)));
    differ(ids(&["--no-cache", "skills"]));
    differ(ids(&["--profile", "observe", "skills"]));
    differ(ids(&["--fail-on", "info", "skills"]));
    place.write("copy/good.py", GOOD);
    differ(ids(&["copy/good.py"]));
    place.write("skills/good.py", format!("{GOOD}# changed\n"));
    differ(ids(&["skills/good.py"]));
    place.write("skills/good.py", GOOD);
    assert_eq!(ids(&["skills"]), first);
    let latest = place.run(&["report", "--format", "json", "good"]);
    assert!(first.iter().any(|id| latest.exits(0).stdout.contains(id)));

    let grant = "[[grant]]\nskill = \"*\"\nallow = [\"filesystem:read(**)\"]\n";
    place.write("skillgate.toml", grant);
    differ(ids(&["skills"]));
}

#[test]
fn a_verdict_without_the_simulation_says_so() {
    let outcome = two().scan(&["--static-only", "skills/good.py"]);
    let report = outcome.exits(0).report();
    report.mentions("not simulated");
    assert_eq!(report.0["simulation"]["status"], "not-run");
}

#[test]
fn the_backend_that_runs_nothing_is_no_pass() {
    let outcome = two().scan(&["--backend", "simulated", "skills/good.py"]);
    let report = outcome.exits(0).report();
    assert_eq!(report.0["simulation"]["status"], "not-run");
    report.mentions("not simulated");
}

#[test]
fn rules_are_listed_and_shown() {
    let place = Place::new();
    let list = place.run(&["rules", "list"]);
    list.exits(0).says("SEC-IMPORT-001").says("GATE-SIM-001");
    let rules: Value =
        serde_json::from_str(&place.run(&["rules", "list", "--json"]).stdout).unwrap();
    let rules = rules.as_array().unwrap();
    assert_eq!(rules.len(), list.stdout.lines().count());
    for rule in rules {
        for field in ["id", "title", "message", "remedy"] {
            assert!(
                rule[field].as_str().is_some_and(|text| !text.is_empty()),
                "{rule}"
            );
        }
    }
    let shown = place.run(&["rules", "show", "sec-call-001"]);
    shown
        .exits(0)
        .says("SEC-CALL-001")
        .says("What to do")
        .says("CWE-95");
}

#[test]
fn every_shell_gets_its_completions() {
    let place = Place::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let outcome = place.run(&["completions", shell]);
        outcome.exits(0).says("promote-to");
    }
    place.run(&["completions", "tcsh"]).exits(2);
}

#[test]
fn help_names_every_stable_option_and_the_exit_codes() {
    let help = Place::new().run(&["scan", "--help"]);
    help.exits(0);
    for option in [
        "--profile",
        "--format",
        "--output",
        "--static-only",
        "--backend",
        "--no-cache",
        "--fail-on",
        "--exit-zero",
        "--promote-to",
        "--quarantine-to",
        "--audience",
        "--jobs",
        "--config",
        "--quiet",
        "--baseline",
        "Exit codes",
    ] {
        help.says(option);
    }
}

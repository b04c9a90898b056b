//! What follows a verdict: promotion, quarantine, reports that are kept, and a baseline.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::exits::{BAD, GOOD};
use crate::place::Place;

const MANIFEST: &str = "---\nname: tool\ndescription: Does a thing.\n---\n# Tool\n";

fn tool(run: &str) -> Place {
    let place = Place::with("tool/SKILL.md", MANIFEST);
    let path = place.write("tool/scripts/run.py", run);
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    place
}

fn mode(place: &Place, path: &str) -> u32 {
    fs::metadata(place.path(path)).unwrap().permissions().mode() & 0o7777
}

#[test]
fn promotion_copies_the_very_bytes_and_modes() {
    let place = tool(GOOD);
    let outcome = place.scan(&["--promote-to", "good", "tool"]);
    let digest = outcome.exits(0).report().digest().to_owned();
    assert_eq!(place.read("good/tool/scripts/run.py"), GOOD);
    assert_eq!(place.read("good/tool/SKILL.md"), MANIFEST);
    assert_eq!(mode(&place, "good/tool/scripts/run.py"), 0o755);
    assert!(place.path("tool/SKILL.md").exists(), "the candidate stays");
    assert_eq!(place.scan(&["good/tool"]).report().digest(), digest);
    place.scan(&["--promote-to", "good", "tool"]).exits(0);
    assert_eq!(place.list("good"), ["tool"], "twice changes nothing");
}

#[test]
fn a_newer_version_replaces_the_older_one_whole() {
    let place = tool(GOOD);
    place.write("tool/old.txt", "old");
    place.scan(&["--promote-to", "good", "tool"]).exits(0);
    fs::remove_file(place.path("tool/old.txt")).unwrap();
    place.write("tool/new.txt", "new");
    place.scan(&["--promote-to", "good", "tool"]).exits(0);
    assert_eq!(place.list("good/tool"), ["SKILL.md", "new.txt", "scripts"]);
}

#[test]
fn a_quarantined_skill_is_never_promoted() {
    let place = tool(BAD);
    place.scan(&["--promote-to", "good", "tool"]).exits(1);
    assert_eq!(place.list("good"), [""; 0]);
    assert!(place.path("tool").exists(), "nothing is moved unasked");
}

#[test]
fn a_set_user_id_bit_does_not_survive() {
    let place = tool(GOOD);
    let run = place.path("tool/scripts/run.py");
    fs::set_permissions(run, Permissions::from_mode(0o4755)).unwrap();
    let outcome = place.scan(&["--promote-to", "good", "tool"]);
    assert_ne!(outcome.status.code(), Some(0));
    assert_eq!(place.list("good"), [""; 0]);
}

#[test]
fn a_destination_inside_a_candidate_is_refused() {
    let place = tool(GOOD);
    for option in ["--promote-to", "--quarantine-to"] {
        for folder in ["tool/good", "tool", "other/../tool/x", "./tool/."] {
            let outcome = place.run(&["scan", option, folder, "tool"]);
            outcome.exits(2).says("lies inside the candidate");
        }
        std::os::unix::fs::symlink("tool", place.path(option)).unwrap();
        let through = format!("{option}/x");
        let outcome = place.run(&["scan", &format!("{option}={through}"), "tool"]);
        outcome.exits(2).says("lies inside the candidate");
    }
    assert_eq!(place.list("tool"), ["SKILL.md", "scripts"]);
}

#[test]
fn quarantine_moves_the_candidate_away_with_its_report_and_takes_the_execute_bits() {
    let place = tool(BAD);
    let outcome = place.scan(&["--quarantine-to", "bad", "tool"]);
    let report = outcome.exits(1).report();
    assert!(!place.path("tool").exists());
    let names = place.list("bad");
    let [folder, beside] = names.as_slice() else {
        panic!("{names:?}");
    };
    assert_eq!(*beside, format!("{folder}.report.json"));
    let kept: serde_json::Value =
        serde_json::from_str(&place.read(&format!("bad/{beside}"))).unwrap();
    assert_eq!(kept["id"], report.id());
    assert_eq!(place.read(&format!("bad/{folder}/scripts/run.py")), BAD);
    assert_eq!(
        mode(&place, &format!("bad/{folder}/scripts/run.py")) & 0o111,
        0
    );
    assert_eq!(mode(&place, "bad"), 0o700);
}

#[test]
fn a_single_file_is_moved_and_copied_as_well() {
    let place = Place::with("skills/good.py", GOOD);
    place.write("skills/bad.py", BAD);
    let to = ["--promote-to", "good", "--quarantine-to", "bad"];
    place.scan(&[&to[..], &["skills"]].concat()).exits(1);
    assert_eq!(place.read("good/good.py"), GOOD);
    assert_eq!(place.list("good"), ["good.py"]);
    assert_eq!(place.list("skills"), ["good.py"]);
    assert_eq!(place.list("bad").len(), 2);
}

#[test]
fn the_same_candidate_can_be_quarantined_again() {
    let place = tool(BAD);
    place.scan(&["--quarantine-to", "bad", "tool"]).exits(1);
    place.write("tool/SKILL.md", MANIFEST);
    let path = place.write("tool/scripts/run.py", BAD);
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    place.scan(&["--quarantine-to", "bad", "tool"]).exits(1);
    assert_eq!(place.list("bad").len(), 4);
}

#[test]
fn reports_are_kept_and_shown_by_id_beginning_and_name() {
    let place = tool(BAD);
    let report = place.scan(&["tool"]).exits(1).report();
    let id = report.id();
    place.run(&["report"]).exits(0).says(id).says("quarantine");
    for name in [id, &id[..8], "tool"] {
        let outcome = place.run(&["report", "--format", "json", name]);
        assert_eq!(outcome.exits(0).report().0, report.0);
    }
    place.run(&["report", "tool"]).exits(0).says("SEC-CALL-002");
}

#[test]
fn a_baseline_accepts_what_was_there_and_nothing_new() {
    let place = Place::with("skills/calc.py", BAD);
    place.scan(&["--baseline", "known.json", "skills"]).exits(1);
    assert!(place.path("known.json").exists());
    let outcome = place.scan(&["--baseline", "known.json", "skills"]);
    let report = outcome.exits(0).report();
    report.mentions("accepted by the operator");
    place.write("skills/calc.py", format!("# moved down\n\n{BAD}"));
    place.scan(&["--baseline", "known.json", "skills"]).exits(0);
    let more = format!("{BAD}\n\ndef more(text: str) -> object:\n    return eval(text)\n");
    place.write("skills/calc.py", more);
    place.scan(&["--baseline", "known.json", "skills"]).exits(1);
    place.write("known.json", "{}");
    place.scan(&["--baseline", "known.json", "skills"]).exits(2);
}

//! Where settings come from, what they do, and that a candidate has no say in them.

use std::collections::BTreeSet;

use crate::exits::{BAD, GOOD};
use crate::place::Place;

#[test]
fn an_unknown_key_is_refused_with_its_line_and_a_suggestion() {
    let place = Place::with("good.py", GOOD);
    place.write("skillgate.toml", "# mine\nprofil = \"strict\"\n");
    let outcome = place.run(&["scan", "good.py"]);
    outcome
        .exits(2)
        .says("line 2")
        .says("did you mean `profile`?");
    place.write("skillgate.toml", "[limits]\nwall_ms = 5\n");
    let outcome = place.run(&["config", "show"]);
    outcome.exits(2).says("did you mean `limits.wall-ms`?");
}

#[test]
fn a_value_of_the_wrong_kind_is_refused_with_its_line() {
    let place = Place::with("good.py", GOOD);
    for text in [
        "profile = \"lenient\"\n",
        "[limits]\nwall-ms = -1\n",
        "profile = [\n",
    ] {
        place.write("skillgate.toml", text);
        let outcome = place.run(&["scan", "good.py"]);
        outcome.exits(2).says("skillgate.toml");
    }
}

#[test]
fn a_policy_or_a_suppression_that_cannot_hold_is_refused() {
    let place = Place::with("good.py", GOOD);
    for text in [
        "[[grant]]\nskill = \"*\"\ndeny = [\"network:connect(\"]\n",
        "[[suppress]]\nrule = \"SEC-CALL-001\"\nreason = \"\"\nexpires = \"2099-01-01\"\n",
        "[[suppress]]\nrule = \"SEC-CALL-001\"\nreason = \"r\"\nexpires = \"soon\"\n",
        "[[suppress]]\nrule = \"SEC-CALL-001\"\nreason = \"r\"\n",
        "[rules]\ndisable = [\"SEC-NONE-999\"]\n",
        "[rules]\nextra = [\"absent\"]\n",
    ] {
        place.write("skillgate.toml", text);
        let outcome = place.run(&["scan", "good.py"]);
        assert_eq!(outcome.status.code(), Some(2), "{text}{}", outcome.stdout);
        assert!(!outcome.stderr.is_empty());
    }
}

#[test]
fn config_show_says_where_each_value_comes_from() {
    let place = Place::with(
        "skillgate.toml",
        "profile = \"strict\"\n[limits]\nwall-ms = 1500\n",
    );
    let outcome = place.run(&["config", "show"]);
    outcome.exits(0);
    let line = |start: &str| {
        let mut lines = outcome.stdout.lines();
        lines
            .find(|line| line.starts_with(start))
            .unwrap()
            .to_owned()
    };
    assert!(line("profile = \"strict\"").ends_with("skillgate.toml:1"));
    assert!(line("wall-ms = 1500").ends_with("skillgate.toml:3"));
    assert!(line("memory-bytes = 536870912").ends_with("# default"));
}

#[test]
fn a_project_file_holds_the_same_settings() {
    let text = "[tool.other]\nx = 1\n[tool.skillgate]\nprofile = \"strict\"\n";
    let place = Place::with("pyproject.toml", text);
    place.write("deep/er/uses_os.py", "import os\n\nHERE = os.sep\n");
    place.run(&["scan", "deep"]).exits(1);
    place.write("skillgate.toml", "profile = \"standard\"\n");
    place.run(&["scan", "deep"]).exits(0);
}

#[test]
fn a_candidate_cannot_bring_its_own_settings() {
    let place = Place::with(
        "tool/SKILL.md",
        "---\nname: tool\ndescription: Does a thing.\n---\n# Tool\n",
    );
    place.write("tool/run.py", BAD);
    place.write("tool/skillgate.toml", "profile = \"observe\"\n");
    place.write(
        "tool/pyproject.toml",
        "[tool.skillgate]\nprofile = \"observe\"\n",
    );
    place.write("tool/.skillgateignore", "*\n");
    place.scan(&["tool"]).exits(1).report().is_bad();
    let mut inside = place.command(&["scan", "."]);
    inside.current_dir(place.path("tool"));
    crate::place::finish(inside).exits(1);
}

#[test]
fn comments_in_a_candidate_switch_nothing_off() {
    for comment in [
        "# skillgate: ignore",
        "# noqa",
        "# nosec",
        "# ast-grep-ignore",
        "# type: ignore",
        "# ruff: noqa",
        "# pragma: no cover",
        "# expect: SEC-CALL-002",
    ] {
        let text = format!("{comment}\ndef run(text: str) -> None:\n    exec(text)  {comment}\n");
        let report = Place::with("bad.py", text)
            .scan_static(&["bad.py"])
            .report();
        report.is_bad();
        assert_eq!(report.lines_of("SEC-CALL-002"), [3], "{comment}");
    }
}

#[test]
fn a_grant_lets_a_declared_effect_pass_and_a_deny_stops_it() {
    let declares = "\"\"\"Runs.\n\nskillgate:\n  effects:\n    - code:eval\n\"\"\"\n\n";
    let place = Place::with("calc.py", declares.to_owned() + BAD);
    place
        .run(&["scan", "calc.py"])
        .exits(1)
        .says("was not granted");
    place.write(
        "skillgate.toml",
        "[[grant]]\nskill = \"calc\"\nallow = [\"code:eval\"]\n",
    );
    place.run(&["scan", "calc.py"]).exits(0);
    place.write("other.py", declares.to_owned() + BAD);
    place.run(&["scan", "other.py"]).exits(1);
    place.write(
        "skillgate.toml",
        "[[grant]]\nskill = \"calc\"\nallow = [\"code:eval\"]\ndeny = [\"code:*\"]\n",
    );
    place.run(&["scan", "calc.py"]).exits(1).says("denies");
}

#[test]
fn a_suppression_holds_for_its_skill_and_until_its_last_day() {
    let place = Place::with("calc.py", BAD);
    let findings = place.scan(&["calc.py"]).exits(1).report().findings();
    let rules: BTreeSet<String> = findings.into_iter().map(|(rule, ..)| rule).collect();
    let suppress = |skill: &str, expires: &str| {
        let table = |rule: &String| {
            format!(
                "[[suppress]]\nrule = \"{rule}\"\nskill = \"{skill}\"\nreason = \"reviewed\"\nexpires = \"{expires}\"\n"
            )
        };
        place.write(
            "skillgate.toml",
            rules.iter().map(table).collect::<String>(),
        );
        place.scan(&["calc.py"])
    };
    let report = suppress("calc", "2099-12-31").exits(0).report();
    report.is_promoted().mentions("accepted by the operator");
    suppress("other", "2099-12-31").exits(1);
    suppress("calc", "2020-12-31").exits(1);
}

#[test]
fn rules_can_be_switched_off_and_added() {
    let place = Place::with("uses_os.py", "import os\n\nHERE = os.sep\n");
    place.write(
        "skillgate.toml",
        "fail-on = \"low\"\n[rules]\ndisable = [\"SEC-IMPORT-*\"]\n",
    );
    place.run(&["scan", "uses_os.py"]).exits(0);
    place.write(
        "own/rules/python/MY-CALL-001.yml",
        "id: MY-CALL-001\ntitle: call of frobnicate\nlanguage: python\nseverity: high\nconfidence: high\nmatch:\n  call: [frobnicate.now]\nmessage: calls `frobnicate.now`\nremedy: do not\n",
    );
    place.write(
        "own/fixtures/python/MY-CALL-001.py",
        "import frobnicate\nfrobnicate.now()  # expect: MY-CALL-001\n",
    );
    place
        .run(&["rules", "test", "own"])
        .exits(0)
        .says("1 fixtures, 0 failures");
    place.write("skillgate.toml", "[rules]\nextra = [\"own/rules\"]\n");
    place.write("frob.py", "from frobnicate import now as go\ngo()\n");
    let report = place.scan_static(&["frob.py"]).exits(1).report();
    assert_eq!(report.lines_of("MY-CALL-001"), [2]);
}

#[test]
fn init_writes_a_file_once() {
    let place = Place::new();
    place.run(&["init"]).exits(0);
    let text = place.read("skillgate.toml");
    place.run(&["config", "show"]).exits(0);
    place.write("skillgate.toml", text.clone() + "# mine\n");
    place.run(&["init"]).exits(2).says("never replaced");
    assert_eq!(place.read("skillgate.toml"), text + "# mine\n");
}

#[test]
fn without_a_path_the_well_known_folders_are_scanned() {
    let place = Place::with("good.py", GOOD);
    place.run(&["scan"]).exits(3);
    let manifest = "---\nname: one\ndescription: Does a thing.\n---\n# One\n";
    place.write(".claude/skills/one/SKILL.md", manifest);
    place.write("skills/two.py", GOOD);
    let home = place.home().join(".agents/skills");
    std::fs::create_dir_all(&home).unwrap();
    std::fs::write(home.join("three.py"), GOOD).unwrap();
    let outcome = place.scan_static(&[]);
    let mut names: Vec<String> = outcome
        .reports()
        .iter()
        .map(|report| report.name().to_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["one", "three", "two"]);
}

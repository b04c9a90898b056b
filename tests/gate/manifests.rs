//! Manifests as they are really written, and as an attacker would write them.

use crate::place::{Place, Report};

fn scan(manifest: &str) -> Report {
    let place = Place::with("tool/SKILL.md", manifest);
    place.write("tool/run.py", "def run() -> int:\n    return 1\n");
    place.scan(&["tool"]).report()
}

fn front_matter(lines: &str) -> Report {
    scan(&format!(
        "---\nname: tool\ndescription: Does a thing.\n{lines}\n---\n# Tool\n"
    ))
}

#[test]
fn an_alias_bomb_is_a_threat_and_ends_at_once() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("\na{level}: &a{level} [{aliases}]"));
    }
    let report = front_matter(&bomb);
    assert!(report.is_bad().grounds().contains("GATE-LOAD-001"));
}

#[test]
fn a_key_that_stands_twice_is_a_threat() {
    let report = front_matter("effects: []\neffects: [\"process:spawn(git)\"]");
    assert!(report.is_bad().grounds().contains("GATE-LOAD-001"));
}

#[test]
fn a_tag_that_builds_objects_is_a_threat() {
    let report = front_matter("hook: !!python/object/apply:os.system [id]");
    assert!(report.is_bad().grounds().contains("GATE-LOAD-001"));
}

#[test]
fn a_manifest_without_front_matter_declares_nothing_and_is_said() {
    let report = scan("# Tool\n\nDoes a thing.\n");
    report.is_promoted().mentions("there is no front matter");
    assert_eq!(report.0["effects"]["declares"], false);
    let report = scan("---\nname: tool\n");
    report.mentions("is not closed");
}

#[test]
fn broken_yaml_is_read_as_agents_read_it_and_its_declarations_are_not_guessed() {
    let report = scan("---\nname: colon\ndescription: Use when: asked\neffects: [x\n---\n");
    assert_eq!(report.name(), "colon");
    assert_eq!(report.0["effects"]["declares"], false);
    report.mentions("GATE-LOAD-002");
}

#[test]
fn a_scope_that_covers_everything_declares_nothing() {
    let place = Place::with(
        "tool/SKILL.md",
        "---\nname: tool\ndescription: Does a thing.\neffects: [\"*\"]\n---\n# Tool\n",
    );
    place.write(
        "tool/run.py",
        "import subprocess\nsubprocess.run(['make'])\n",
    );
    let report = place.scan_static(&["tool"]).report();
    report.is_bad().mentions("GATE-DECL-001");
}

#[test]
fn two_skills_of_one_name_are_told_of_each_other_and_do_not_replace_each_other() {
    let place = Place::new();
    for (folder, text) in [("a/tool", "first"), ("b/tool", "second")] {
        let manifest = format!("---\nname: tool\ndescription: Does a thing.\n---\n{text}\n");
        place.write(&format!("{folder}/SKILL.md"), manifest);
    }
    let outcome = place.scan_static(&["--promote-to", "good", "a", "b"]);
    for report in outcome.reports() {
        report.mentions("GATE-LOAD-003");
    }
    assert_ne!(outcome.status.code(), Some(0));
    assert_eq!(place.list("good"), ["tool"]);
    assert!(place.read("good/tool/SKILL.md").contains("first"));
}

#[test]
fn any_letter_case_of_the_manifest_makes_a_skill() {
    let place = Place::with(
        "one/skill.MD",
        "---\nname: one\ndescription: d\n---\n# One\n",
    );
    let report = place.scan_static(&["."]).report();
    assert_eq!(report.name(), "one");
}

#[test]
fn a_docstring_block_declares_the_effects_of_a_file() {
    let place = Place::with(
        "fetch.py",
        "\"\"\"Fetches.\n\nskillgate:\n  effects:\n    - process:spawn(git)\n\"\"\"\n\nimport subprocess\n\n\ndef log() -> str:\n    return subprocess.run([\"git\", \"log\"], capture_output=True, text=True).stdout\n",
    );
    let report = place.scan(&["fetch.py"]).report();
    report.is_promoted();
    assert_eq!(report.texts("/effects/declared"), ["process:spawn(git)"]);
}

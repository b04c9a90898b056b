//! `skillgate suggest`: the patch it prints, applied by `git apply` and by `patch`, is what the gate then asks for.

use std::fs::File;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::place::Place;

const SKILL: &str = "---\nname: fetch\ndescription: Fetches a page.\neffects:\n  - process:spawn(git)\n---\n\n# Fetch\n";
const SCRIPT: &str = "import subprocess\nimport urllib.request\n\n\ndef fetch() -> bytes:\n    subprocess.run([\"git\", \"status\"])\n    return urllib.request.urlopen(\"https://example.com/a\").read()\n";
const UNKNOWN: &str =
    "import pathlib\n\n\ndef read(path: str) -> str:\n    return pathlib.Path(path).read_text()\n";

fn suggest(place: &Place, path: &str) -> String {
    let outcome = place.run(&["suggest", "--static-only", path]);
    outcome.exits(0);
    outcome.stdout
}

/// Applies what was printed, with the tool and the arguments given.
fn apply(place: &Place, patch: &str, tool: &str, arguments: &[&str]) {
    let file = place.write("suggested.patch", patch);
    let applied = Command::new(tool)
        .args(arguments)
        .current_dir(place.path(""))
        .stdin(File::open(file).unwrap())
        .stdout(Stdio::null())
        .status();
    assert!(applied.unwrap().success(), "{tool}\n{patch}");
}

#[test]
fn the_patch_declares_exactly_what_is_needed() {
    for (tool, arguments) in [("git", &["apply", "-"][..]), ("patch", &["-p1", "-s"])] {
        let place = Place::with("a b/SKILL.md", SKILL);
        place.write("a b/fetch.py", SCRIPT);
        let patch = suggest(&place, "a b");
        assert!(
            patch.contains("+  - network:connect(example.com:443)"),
            "{patch}"
        );
        apply(&place, &patch, tool, arguments);
        let manifest = place.read("a b/SKILL.md");
        assert!(manifest.starts_with("---\nname: fetch\ndescription: Fetches a page.\neffects:\n"));
        assert!(manifest.ends_with("---\n\n# Fetch\n"), "{manifest}");
        let report = place.scan_static(&["a b"]).reports().remove(0).0;
        assert_eq!(report["effects"]["undeclared"], Value::Array(Vec::new()));
        assert_eq!(report["effects"]["unused"], Value::Array(Vec::new()));
        assert!(suggest(&place, "a b").contains("the least already"));
    }
}

#[test]
fn a_file_gets_a_docstring_and_what_is_widened_says_so() {
    let place = Place::with("read.py", UNKNOWN);
    let patch = suggest(&place, "read.py");
    let widened =
        "    - filesystem:read  # the resource could not be resolved, so this is every resource";
    assert!(patch.contains(&format!("+{widened}\n")), "{patch}");
    assert!(patch.starts_with("# widened: filesystem:read: "), "{patch}");
    apply(&place, &patch, "git", &["apply", "-"]);
    assert!(place.read("read.py").ends_with(UNKNOWN));
    let report = place.scan_static(&["read.py"]).reports().remove(0).0;
    assert_eq!(
        report["effects"]["declared"],
        serde_json::json!(["filesystem:read"])
    );
    assert!(suggest(&place, "read.py").contains("the least already"));
}

#[test]
fn what_is_never_needed_is_taken_out_by_name() {
    let place = Place::with("a/SKILL.md", SKILL);
    place.write(
        "a/add.py",
        "def add(a: int, b: int) -> int:\n    return a + b\n",
    );
    let patch = suggest(&place, "a");
    assert!(
        patch.contains("# declared and never needed: process:spawn(git)"),
        "{patch}"
    );
    assert!(
        patch.contains("-  - process:spawn(git)\n+effects: []\n"),
        "{patch}"
    );
}

#[test]
fn a_manifest_that_cannot_be_edited_gets_its_lines_by_hand() {
    let place = Place::with("a/SKILL.md", "---\nname: a\ndescription: [\n---\n");
    place.write("a/fetch.py", SCRIPT);
    let printed = suggest(&place, "a");
    assert!(
        printed.contains("no patch can be made") && printed.contains("effects:\n"),
        "{printed}"
    );
}

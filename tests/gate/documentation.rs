//! Every command that the documentation shows works as shown.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::place::{BINARY, finish, repository};
use crate::skills;

/// Lines that install something, build, or run the tests themselves.
const NOT_RUN: &[&str] = &[
    "cargo bench",
    "cargo build",
    "cargo fmt",
    "cargo install",
    "cargo lint",
    "cargo clippy",
    "cargo test",
    "benches/",
    "bash benches/",
    "sh benches/",
    ".ci/run",
    "bash crates/python/tests/run.sh",
    "git clone",
    "cd ",
    "rustup ",
    "apt",
    "sudo ",
    "pip ",
    "docker ",
    // The suite of the sandbox builds its image with it.
    "bash sandbox/image.sh",
];

fn pages() -> Vec<PathBuf> {
    let root = repository();
    let mut pages: Vec<PathBuf> = fs::read_dir(root.join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.sort();
    pages.insert(0, root.join("README.md"));
    pages
}

/// The commands of the ```sh blocks, continued lines joined, each with the exit code it shows.
fn commands(text: &str) -> Vec<(String, i32)> {
    let mut commands = Vec::new();
    let mut inside = false;
    let mut held = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside && line.trim() == "```sh";
            continue;
        }
        let line = line.trim().trim_start_matches("$ ");
        if !inside || line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(part) = line.strip_suffix('\\') {
            held.push_str(part);
            continue;
        }
        let (command, comment) = line.split_once(" # ").unwrap_or((line, ""));
        let code = comment.split_once("exit ").and_then(|(_, rest)| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        });
        commands.push((
            std::mem::take(&mut held) + command.trim_end(),
            code.unwrap_or(0),
        ));
    }
    commands
}

/// `cargo run --release -- scan x` is `skillgate scan x` with the binary that is built already.
fn with_the_built_binary(command: &str) -> String {
    match command.split_once(" -- ") {
        Some((cargo, rest)) if cargo.starts_with("cargo run") => format!("skillgate {rest}"),
        _ => command.to_owned(),
    }
}

#[test]
fn every_command_that_is_shown_works() {
    let mut ran = 0;
    for page in pages() {
        let Ok(text) = fs::read_to_string(&page) else {
            continue;
        };
        let place = skills::place(2000);
        let programs = place.root().join("programs");
        fs::create_dir(&programs).unwrap();
        symlink(BINARY, programs.join("skillgate")).unwrap();
        let settings = place.read("skillgate.toml");
        for (command, code) in commands(&text) {
            let line = with_the_built_binary(&command);
            if NOT_RUN.iter().any(|start| line.starts_with(start)) {
                println!("not run: {line}");
                continue;
            }
            // `init` is shown for a project that has no configuration yet.
            if line == "skillgate init" {
                fs::remove_file(place.path("skillgate.toml")).unwrap();
            }
            skills::renew(&place);
            let mut shell = std::process::Command::new("sh");
            let path = format!("{}:{}", programs.display(), env!("PATH"));
            shell
                .args(["-c", &line])
                .current_dir(place.path(""))
                .env_clear()
                .env("HOME", place.home())
                .env("PATH", path);
            let outcome = finish(shell);
            assert_eq!(
                outcome.status.code(),
                Some(code),
                "{}: {command}\n{}{}",
                page.display(),
                outcome.stdout,
                outcome.stderr
            );
            if line == "skillgate init" {
                place.write("skillgate.toml", &settings);
            }
            ran += 1;
        }
    }
    assert!(ran > 0, "no page shows a command");
}

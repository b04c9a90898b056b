//! The program, as an operator starts it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

pub(crate) const ENABLED: [(&str, &str); 2] = [
    ("SKILLGATE_IMMUNE_ENABLED", "true"),
    ("SKILLGATE_IMMUNE_SHARE_PERCENT", "100"),
];

/// A skill that passes.
pub(crate) const SKILL: &str = "\"\"\"Adds numbers.\"\"\"\n\n\ndef total(numbers: list[int]) -> int:\n    return sum(numbers)\n";

/// Why and by whom something is released.
pub(crate) const RELEASE: [&str; 4] = ["--reason", "fixed", "--actor", "bob"];

/// Exit code, standard output and standard error.
pub(crate) fn skillgate(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_skillgate"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(ENABLED)
        .env("HOME", folder)
        .env("PATH", env!("PATH"))
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

pub(crate) fn text(folder: &Path, arguments: &[&str]) -> String {
    let (code, out, errors) = skillgate(folder, arguments);
    assert_eq!(code, 0, "{arguments:?}: {errors}");
    out
}

pub(crate) fn json(folder: &Path, arguments: &[&str]) -> Value {
    let arguments = [arguments, &["--format", "json"]].concat();
    serde_json::from_str(&text(folder, &arguments)).unwrap()
}

pub(crate) fn refused(folder: &Path, arguments: &[&str]) -> String {
    let (code, out, errors) = skillgate(folder, arguments);
    assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
    errors
}

/// Five failures of one kind, by five runs of the program; the hash of their signature.
pub(crate) fn fail(folder: &Path, tenant: &str) -> String {
    let mut hash = String::new();
    for number in 0..5 {
        let message = format!("TimeoutError: no answer from 10.0.0.{number} within {number}00 ms");
        let recorded = json(
            folder,
            &[
                "anomaly",
                "record",
                "--tool",
                "fetch",
                "--message",
                &message,
                "--arguments",
                r#"{"url":"x"}"#,
                "--tenant",
                tenant,
            ],
        );
        hash = recorded["signature"]["hash"].as_str().unwrap().to_owned();
        assert_eq!(
            recorded["blocked"].as_array().unwrap().len(),
            usize::from(number == 4),
            "{recorded}"
        );
    }
    hash
}

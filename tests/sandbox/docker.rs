//! The image that the tests run in, built from this machine's packages.
#![expect(
    clippy::disallowed_methods,
    reason = "it builds an image as an operator does"
)]

use std::path::Path;
use std::process::Command;

/// The containers of a supervisor.
pub(crate) fn containers(supervisor: u32, options: &[&str]) -> Vec<String> {
    let name = format!("name=^/?skillgate-{supervisor}-");
    let output = Command::new("docker")
        .args(["ps", "--quiet", "--filter", &name])
        .args(options)
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(str::to_owned)
        .collect()
}

/// Whether a supervisor's sockets are left.
pub(crate) fn has_door(supervisor: u32) -> bool {
    let name = format!("skillgate-container-{supervisor}-");
    let entries = std::fs::read_dir(std::env::temp_dir()).unwrap().flatten();
    entries
        .into_iter()
        .any(|entry| entry.file_name().to_string_lossy().starts_with(&name))
}

/// What `sandbox/image.sh` prints with these options, or why there is no engine to build it in.
pub(crate) fn image(options: &[&str]) -> Result<String, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sandbox/image.sh");
    let running = Command::new("docker")
        .args(["version", "--format", "{{.Server.Version}}"])
        .output();
    match running {
        Ok(output) if output.status.success() => {}
        Ok(output) => return Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => return Err(error.to_string()),
    }
    // More than Python alone, so that there are programs to keep from it.
    let output = Command::new("bash")
        .arg(script)
        .args(options)
        .args(["git", "coreutils"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

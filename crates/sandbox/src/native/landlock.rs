//! File access by rule, beneath the mounts.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::sys;

const EXECUTE: u64 = 1;
const WRITE_FILE: u64 = 1 << 1;
const READ_FILE: u64 = 1 << 2;
const READ_DIR: u64 = 1 << 3;
const MAKE_CHARACTER: u64 = 1 << 6;
const MAKE_BLOCK: u64 = 1 << 11;
const TRUNCATE: u64 = 1 << 14;
const IOCTL_DEVICE: u64 = 1 << 15;
/// Rights that a rule on a file, not a directory, may name.
const ON_FILES: u64 = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE;

/// What may be done where; everything else is denied.
#[derive(serde::Serialize)]
pub(crate) struct Rules {
    pub(crate) readable: Vec<String>,
    pub(crate) writable: Vec<String>,
    pub(crate) programs: Vec<String>,
    /// Ports that may be connected to.
    pub(crate) ports: Vec<u16>,
}

/// Every file right that a version of Landlock knows.
fn known(version: u32) -> u64 {
    let count = match version {
        0 => 0,
        1 => 13,
        2 => 14,
        3 | 4 => 15,
        _ => 16,
    };
    (1 << count) - 1
}

/// Restricts this process for ever; `false` where the kernel has no Landlock.
pub(crate) fn restrict(rules: &Rules) -> io::Result<bool> {
    let version = sys::landlock_version();
    if version == 0 {
        return Ok(false);
    }
    // No TCP (4), no signals or abstract sockets to the outside (6).
    let network = if version >= 4 { 3 } else { 0 };
    let scopes = if version >= 6 { 3 } else { 0 };
    let ruleset = sys::landlock_ruleset([known(version), network, scopes], version)?;
    let write = known(version) & !(EXECUTE | MAKE_CHARACTER | MAKE_BLOCK | IOCTL_DEVICE);
    let groups = [
        (&rules.readable, READ_FILE | READ_DIR),
        (&rules.writable, write),
        (&rules.programs, READ_FILE | EXECUTE),
    ];
    for (paths, rights) in groups {
        for path in paths {
            let file = match File::options()
                .read(true)
                .custom_flags(libc::O_PATH)
                .open(path)
            {
                Ok(file) => file,
                // What is not there needs no permission.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let rights = if Path::new(path).is_dir() {
                rights
            } else {
                rights & ON_FILES
            };
            sys::landlock_allow(ruleset.as_fd(), file.as_fd(), rights & known(version))?;
        }
    }
    if network != 0 {
        for port in &rules.ports {
            sys::landlock_allow_connect(ruleset.as_fd(), *port)?;
        }
    }
    sys::landlock_restrict(ruleset.as_fd())?;
    Ok(true)
}

//! Credentials that a script encrypts and keeps where it runs.

use crate::pattern::resolved::{Fact, What};

/// Programs that encrypt for a key of their own.
const ENCRYPT: [&str; 3] = ["age", "rage", "gpg"];

/// Programs of a backup that can take nothing to another machine and run nothing.
const LOCAL: [&str; 46] = [
    ":", "[", "[[", "age", "awk", "basename", "cat", "cd", "chmod", "command", "cp", "cut", "date",
    "declare", "dirname", "du", "echo", "exit", "export", "find", "gpg", "grep", "gzip", "head",
    "id", "local", "ls", "mkdir", "mktemp", "mv", "pgrep", "printf", "rage", "read", "return",
    "rm", "rmdir", "sed", "set", "shift", "sort", "stat", "tail", "tar", "test", "wc",
];

/// Reads of credentials become looks, where the script encrypts what it reads and has no way to send it.
pub(in crate::pattern::shell) fn keeps_encrypted(facts: &mut [Fact]) {
    let mut encrypts = false;
    for fact in facts.iter() {
        match &fact.what {
            What::Command { name, .. } if !LOCAL.contains(&name.as_str()) => return,
            What::Command { name, .. } => encrypts |= ENCRYPT.contains(&name.as_str()),
            What::Connect(_) | What::Listen | What::Code { .. } => return,
            _ => {}
        }
    }
    if !encrypts {
        return;
    }
    for fact in facts {
        if let What::Read(path) = &fact.what {
            fact.what = What::Consult(path.clone());
        }
    }
}

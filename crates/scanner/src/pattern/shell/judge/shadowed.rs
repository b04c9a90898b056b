//! Names of programs that people trust, borne by something else.

/// Commands that people type without looking, so that another meaning is a trap.
const COMMON: &[&str] = &[
    "sudo", "su", "ssh", "scp", "git", "ls", "cd", "cat", "rm", "cp", "mv", "curl", "wget",
    "python", "python3", "pip", "pip3", "npm", "npx", "node", "docker", "kubectl", "passwd", "gpg",
    "code", "make", "go", "cargo", "gh", "aws", "brew", "bash", "env",
];

/// Programs that people type their passwords into.
const TRUSTED: [&str; 6] = ["sudo", "su", "ssh", "passwd", "gpg", "doas"];

/// Whether a function of this name stands in the place of a program that is trusted with passwords.
pub(in crate::pattern::shell) fn is_trusted(name: &str) -> bool {
    TRUSTED.contains(&name)
}

/// Whether an alias gives a common command another meaning.
pub(super) fn redefines(words: &[&str]) -> bool {
    let aliases = words.iter().filter_map(|word| word.split_once('='));
    let mut common = aliases.filter(|(name, _)| COMMON.contains(name));
    common.any(|(name, text)| !text.split_whitespace().any(|word| word == name))
}

/// Whether a file of this path is found before the program whose name it bears.
pub(super) fn precedes(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let searched = folder.ends_with("/bin") || folder == "bin";
    searched && COMMON.contains(&name)
}

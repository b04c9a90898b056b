//! What destroys: trees that are not the script's own, disks, the history of a repository.

use std::sync::LazyLock;

use regex::Regex;

use crate::expression::constant;
use crate::pattern::resolved::{Fact, What};
use crate::pattern::value::{Taint, UNKNOWN, Value, is_personal};

pub(super) static SYSTEM_TREE: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"^(?:/|/\*|~|~/|~/\*|~/\{[.,*]+\}[.*]*|\.\./?\*?|\.\./\.\.\S*|\./\*|/(?:bin|boot|dev|etc|home|lib|lib64|opt|root|sbin|srv|sys|usr|var|Users|System|Library|Applications)(?:/?\*?)?|/(?:home|Users)/[^/]+/?\*?|[A-Z]:[\\/]\*?)$",
    )
});
static DISK: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"^/dev/(?:(?:[shv]|xv|\[[a-z]+\])d[a-z?*\[{]|nvme[\d?*]|mmcblk[\d?*]|r?disk[\d?*]|mem|kmem|port)",
    )
});
/// Predicates by which a search picks a few files out of a tree.
const NARROWING: [&str; 16] = [
    "-name",
    "-iname",
    "-path",
    "-ipath",
    "-regex",
    "-iregex",
    "-size",
    "-mtime",
    "-mmin",
    "-atime",
    "-ctime",
    "-newer",
    "-empty",
    "-user",
    "-inum",
    "-samefile",
];

/// Whether this folder is a home, or belongs to the system.
pub(in crate::pattern::shell) fn is_system_tree(folder: &str) -> bool {
    !folder.starts_with('.') && SYSTEM_TREE.is_match(folder)
}

/// Whether a path leads to a whole disk or to the memory.
pub(in crate::pattern::shell) fn is_disk(path: &str) -> bool {
    DISK.is_match(path.trim_start_matches(UNKNOWN))
}

/// Whether a search looks at everything in a home, a system's folder or a person's documents.
pub(in crate::pattern::shell) fn finds_everything(words: &[&str]) -> bool {
    let folders = words
        .iter()
        .take_while(|word| !word.starts_with(['-', '!', '(']));
    let mut of_others =
        folders.filter(|folder| SYSTEM_TREE.is_match(folder) || is_personal(folder));
    let narrowed = words.iter().enumerate().any(|(at, word)| {
        let negated = at
            .checked_sub(1)
            .and_then(|before| words.get(before))
            .is_some_and(|before| matches!(*before, "!" | "-not"));
        let all = matches!(words.get(at + 1), Some(&"*"));
        NARROWING.contains(word) && !negated && !all
    });
    of_others.next().is_some() && !narrowed
}

/// `rm -r` of a tree that is not the script's own.
pub(super) fn deletes_tree(name: &str, words: &[&str]) -> bool {
    let recursive = words.iter().any(|word| {
        let short = word.starts_with('-') && !word.starts_with("--") && word.contains(['r', 'R']);
        short || *word == "--recursive" || *word == "--no-preserve-root"
    });
    match name {
        "rm" => {
            recursive
                && words.iter().any(|word| {
                    !word.starts_with('-') && SYSTEM_TREE.is_match(word) && *word != "./*"
                        || *word == "--no-preserve-root"
                })
                || recursive
                    && words.contains(&"./*")
                    && words.iter().any(|word| word.starts_with(".."))
        }
        "find" => finds_and_deletes(words),
        "rsync" => {
            let empty = |word: &&str| word.starts_with("/tmp/tmp.") || word.contains("empty");
            let target = words.last().is_some_and(|word| SYSTEM_TREE.is_match(word));
            target && words.iter().any(|word| word.starts_with("--del")) && words.iter().any(empty)
        }
        "chmod" => {
            let closes = ["000", "0000", "0", "a-rwx", "ugo-rwx", "-rwx", "a="];
            recursive
                && words.iter().any(|word| closes.contains(word))
                && words.iter().any(|word| is_system_tree(word))
        }
        _ => recursive && words.iter().any(|word| SYSTEM_TREE.is_match(word)),
    }
}

fn finds_and_deletes(words: &[&str]) -> bool {
    let runs = |programs: &[&str]| {
        words.windows(2).any(
            |pair| matches!(pair, ["-exec" | "-execdir", program] if programs.contains(program)),
        )
    };
    let destroys = words.contains(&"-delete") || runs(&["shred", "srm", "truncate"]);
    let system = words.first().is_some_and(|word| SYSTEM_TREE.is_match(word));
    // Every repository of a home, by the name of the folder that keeps its history.
    let histories = words.windows(2).any(|pair| pair == ["-name", ".git"]);
    system && destroys
        || finds_everything(words) && (destroys || runs(&["rm", "mv"]))
        || system && histories && runs(&["rm", "mv", "shred"])
}

/// A person's files are encrypted one after the other, and each is removed.
pub(in crate::pattern::shell) fn encrypted_files(facts: &[Fact]) -> Option<Fact> {
    let over = |programs: &'static [&'static str]| {
        facts.iter().filter(move |fact| match &fact.what {
            What::Command { name, arguments } => {
                programs.contains(&name.as_str())
                    && arguments
                        .iter()
                        .any(|word| word.taint.has(Taint::PERSONAL) && word.text.contains(UNKNOWN))
            }
            _ => false,
        })
    };
    let locks = |fact: &&Fact| match &fact.what {
        What::Command { name, arguments } => {
            let has = |words: &[&str]| {
                arguments
                    .iter()
                    .any(|word| words.contains(&word.text.as_str()))
            };
            match name.as_str() {
                "gpg" | "gpg2" => has(&[
                    "-c",
                    "--symmetric",
                    "-e",
                    "--encrypt",
                    "-er",
                    "--encrypt-files",
                ]),
                "openssl" => has(&["enc", "smime", "cms"]) && !has(&["-d"]),
                "7z" | "7za" | "zip" => arguments.iter().any(|word| {
                    word.text.starts_with("-p") || word.text == "-P" || word.text == "-e"
                }),
                _ => true,
            }
        }
        _ => false,
    };
    let removed = over(&["rm", "shred", "srm", "mv", "unlink"])
        .next()
        .is_some();
    let programs = &[
        "gpg",
        "gpg2",
        "openssl",
        "7z",
        "7za",
        "zip",
        "age",
        "ccrypt",
        "mcrypt",
        "ccencrypt",
    ];
    let fact = over(programs).find(locks)?;
    let detail = "a person's files, each removed afterwards";
    removed.then(|| Fact::check(fact.span.clone(), "shell-files-encrypted", detail))
}

/// Whether a program writes over a disk that nobody named to the script.
pub(super) fn overwrites_disk(name: &str, arguments: &[Value]) -> bool {
    let has = |flags: &[&str]| {
        arguments
            .iter()
            .any(|word| flags.contains(&word.text.as_str()))
    };
    match name {
        "dd" => arguments.iter().any(|word| {
            let target = word.text.strip_prefix("of=");
            target.is_some_and(|path| is_disk(path) || is_listed_disk(path, word.taint))
        }),
        "shred" | "badblocks" | "scrub" | "hdparm" | "nwipe" => {
            arguments.iter().any(|word| {
                is_disk(&word.text) && name != "hdparm" || is_listed_disk(&word.text, word.taint)
            }) || name == "hdparm" && has(&["--security-erase", "--security-erase-enhanced"])
        }
        "wipefs" => has(&["-a", "--all", "-af", "-fa"]) && takes_disk(arguments),
        "sgdisk" => has(&["--zap-all", "-Z"]) && takes_disk(arguments),
        "nvme" => has(&["format", "sanitize"]),
        "diskutil" => has(&["eraseDisk", "secureErase", "zeroDisk"]),
        "mkfs" | "blkdiscard" | "mke2fs" | "mkswap" => takes_disk(arguments),
        _ => name.starts_with("mkfs.") && takes_disk(arguments),
    }
}

/// An image in a file, a loop device and a disk that the caller names are no one else's.
fn takes_disk(arguments: &[Value]) -> bool {
    arguments.iter().any(|word| {
        let open = word.text.starts_with(UNKNOWN) && !word.taint.has(Taint::ARGUMENT);
        is_disk(&word.text) || is_listed_disk(&word.text, word.taint) || open
    })
}

/// One disk after the other, as the machine lists them.
fn is_listed_disk(path: &str, taint: Taint) -> bool {
    taint.has(Taint::LISTED) && (path.starts_with("/dev/") || path.starts_with(UNKNOWN))
}

/// Whether a command of git leaves no commit as it was, and none of its files.
pub(super) fn destroys_history(words: &[&str]) -> bool {
    let everything = |word: &&str| {
        let all = [" .", " *", " '*'", " \"*\"", " -- ."];
        (word.contains("git rm") || word.contains("rm -rf"))
            && all.iter().any(|end| word.ends_with(end))
    };
    words.first() == Some(&"filter-branch") && words.iter().any(everything)
}

/// Commits that are cut off, and what still led to them erased at once.
pub(in crate::pattern::shell) fn erased_history(facts: &[Fact]) -> Option<Fact> {
    let commands = || {
        facts.iter().filter_map(|fact| match &fact.what {
            What::Command { name, arguments } if name == "git" => {
                let words: Vec<&str> = arguments.iter().map(|word| word.text.as_str()).collect();
                Some((fact, words))
            }
            _ => None,
        })
    };
    let has = |words: &[&str], all: &[&str]| all.iter().all(|one| words.contains(one));
    let cut = commands().any(|(_, words)| {
        has(&words, &["--orphan"])
            || has(&words, &["update-ref", "-d"])
            || has(&words, &["branch", "-D", "main"])
            || has(&words, &["branch", "-D", "master"])
    });
    let mut erased = commands().filter(|(_, words)| {
        has(words, &["reflog", "expire"]) && words.iter().any(|word| word.starts_with("--expire"))
    });
    let collected = commands().any(|(_, words)| {
        words.contains(&"gc") && words.iter().any(|word| word.starts_with("--prune=now"))
    });
    let (fact, _) = erased.next()?;
    let detail = "commits cut off, and every way back to them erased";
    (cut && collected).then(|| Fact::check(fact.span.clone(), "shell-history-destroyed", detail))
}

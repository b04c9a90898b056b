//! What switches off the guards of a machine, or ends what runs on it.

use std::sync::LazyLock;

use regex::Regex;

use crate::expression::constant;
use crate::pattern::value::{Taint, Value};

static GUARDS: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?i)\b(?:firewalld|ufw|apparmor|selinux|auditd|rsyslog|syslog|fail2ban|clamav|clamd|falcon-sensor|crowdstrike|osquery|wazuh|ossec|sentinelone|defender|mdatp|XProtect|sysmon|carbonblack|snort|suricata)",
    )
});

/// Settings of the kernel that keep programs from each other.
const WEAKENED: [&str; 4] = [
    "kernel.yama.ptrace_scope=0",
    "kernel.randomize_va_space=0",
    "kernel.core_pattern=|",
    "kernel.modprobe=",
];

/// Whether a command switches off a firewall, a guard or the marks on downloaded files.
pub(super) fn switches_off(name: &str, words: &[&str], joined: &str) -> bool {
    let any = |those: &[&str]| words.iter().any(|word| those.contains(word));
    match name {
        "setenforce" => any(&["0", "Permissive"]),
        "ufw" => any(&["disable"]),
        "iptables" | "ip6tables" | "nft" => any(&["-F", "--flush", "flush", "-X"]),
        "systemctl" | "service" => {
            any(&["stop", "disable", "mask", "kill"]) && GUARDS.is_match(joined)
        }
        "pkill" | "killall" => GUARDS.is_match(joined),
        "spctl" | "csrutil" => words.iter().any(|word| word.contains("disable")),
        "xattr" => joined.contains("com.apple.quarantine"),
        "sysctl" => words
            .iter()
            .any(|word| WEAKENED.iter().any(|key| word.starts_with(key))),
        "auditctl" => joined.contains("-e 0") || joined.contains("-D"),
        _ => false,
    }
}

/// Whether a command ends processes that the script did not start.
pub(super) fn ends_others(name: &str, arguments: &[Value], words: &[&str]) -> bool {
    let looked_up = || {
        let mut taints = arguments.iter().map(|argument| argument.taint);
        taints.any(|taint| taint.has(Taint::PROCESS))
    };
    match name {
        "kill" => looked_up() || names_others(words),
        "pkill" | "killall" => names_others(words),
        _ => false,
    }
}

/// A user or every process, where a script may end its own by number.
fn names_others(words: &[&str]) -> bool {
    words
        .iter()
        .any(|word| matches!(*word, "-1" | "-u" | "--user"))
}

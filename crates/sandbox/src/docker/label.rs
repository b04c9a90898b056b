//! Who started a container and until when it may live, written on the container, so that leftovers are recognised.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Which process, on which boot, in which process namespace.
pub(crate) const SUPERVISOR: &str = "skillgate.supervisor";
/// Seconds since 1970 after which nobody needs the container any more.
const UNTIL: &str = "skillgate.until";

/// The labels for a container that may live this long.
pub(crate) fn labels(seconds: u64) -> HashMap<String, String> {
    HashMap::from([
        (
            SUPERVISOR.to_owned(),
            format!(
                "{}/{}",
                place(),
                process(std::process::id()).unwrap_or_default()
            ),
        ),
        (UNTIL.to_owned(), (now() + seconds).to_string()),
    ])
}

/// Whether the process that started the container is gone, or its time is over.
pub(crate) fn is_left_over(labels: &HashMap<String, String>) -> bool {
    let until = labels
        .get(UNTIL)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    now() > until
        || labels.get(SUPERVISOR).is_some_and(|supervisor| {
            supervisor
                .strip_prefix(&format!("{}/", place()))
                .is_some_and(is_gone)
        })
}

fn is_gone(supervisor: &str) -> bool {
    let pid = supervisor
        .split('-')
        .next()
        .and_then(|pid| pid.parse().ok());
    pid.and_then(process).as_deref() != Some(supervisor)
}

/// Numbers of processes mean something within one boot and one namespace only.
fn place() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{}/{}", boot.trim(), namespace.display())
}

/// A process by its number and the moment it started, because numbers come again.
fn process(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
    let start = stat.rsplit(')').next()?.split_whitespace().nth(19)?;
    Some(format!("{pid}-{start}"))
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |duration| duration.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_of_a_living_process_stays_until_its_time_is_over() {
        let mut labels = labels(60);
        assert!(!is_left_over(&labels));
        labels.insert(UNTIL.to_owned(), "1".to_owned());
        assert!(is_left_over(&labels));
    }

    #[test]
    fn a_container_of_a_process_that_is_gone_is_left_over() {
        let mut labels = labels(60);
        labels.insert(SUPERVISOR.to_owned(), format!("{}/4294967295-1", place()));
        assert!(is_left_over(&labels));
        labels.insert(
            SUPERVISOR.to_owned(),
            "another boot/pid:[1]/4294967295-1".to_owned(),
        );
        assert!(!is_left_over(&labels));
    }
}

//! What a run without a file system of its own has written, counted from outside.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use skillgate_model::Limits;

use super::nested;

/// Whether everything below `top`, and what the processes hold open without a name, is more than the limits allow.
///
/// What cannot be read counts as too much, or hiding would be a way around.
pub(crate) fn exceeded(top: &str, processes: &[i32], limits: &Limits) -> bool {
    let (mut bytes, mut files) = (0, 0);
    let over = |bytes: u64, files: u64| {
        bytes > limits.work_bytes || files > u64::from(limits.work_inodes) + nested::PLANTED
    };
    let mut waiting: Vec<PathBuf> = nested::writable(top).map(PathBuf::from).collect();
    while let Some(folder) = waiting.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(_) => return true,
        };
        for entry in entries.flatten() {
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            if metadata.is_dir() {
                waiting.push(entry.path());
            }
            files += 1;
            bytes += metadata.blocks() * 512;
            if over(bytes, files) {
                return true;
            }
        }
    }
    let unnamed: u64 = processes.iter().map(|pid| unnamed_bytes(*pid)).sum();
    over(bytes + unnamed, files)
}

/// Bytes of open files that have no name any more.
fn unnamed_bytes(pid: i32) -> u64 {
    let open = fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten()
        .flatten();
    let sizes = open.filter_map(|entry| {
        let metadata = fs::metadata(entry.path()).ok()?;
        (metadata.is_file() && metadata.nlink() == 0).then(|| metadata.blocks() * 512)
    });
    sizes.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            work_bytes: 1 << 20,
            work_inodes: 10,
            ..Limits::default()
        }
    }

    fn folder(name: &str) -> PathBuf {
        let top =
            std::env::temp_dir().join(format!("skillgate-quota-{name}-{}", std::process::id()));
        fs::create_dir_all(top.join("work")).unwrap();
        top
    }

    #[test]
    fn many_files_and_big_files_are_too_much() {
        let top = folder("named");
        let name = top.to_string_lossy().into_owned();
        assert!(!exceeded(&name, &[], &limits()));
        fs::write(top.join("work/big"), vec![1; 2 << 20]).unwrap();
        assert!(exceeded(&name, &[], &limits()));
        fs::remove_file(top.join("work/big")).unwrap();
        for number in 0..10 + nested::PLANTED + 1 {
            fs::write(top.join(format!("work/{number}")), "").unwrap();
        }
        assert!(exceeded(&name, &[], &limits()));
        fs::remove_dir_all(top).unwrap();
    }

    #[test]
    fn a_file_that_lost_its_name_still_counts() {
        let top = folder("unnamed");
        let path = top.join("work/gone");
        fs::write(&path, vec![1; 2 << 20]).unwrap();
        let _open = fs::File::open(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let own = std::process::id().cast_signed();
        assert!(exceeded(&top.to_string_lossy(), &[own], &limits()));
        fs::remove_dir_all(top).unwrap();
    }
}

//! What a run without a file system of its own has written, counted from outside.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::PathBuf;
use std::rc::Rc;

use skillgate_model::Limits;

use super::nested;

/// A path longer than this gets a new beginning; one name more always fits.
const LONG: usize = 3_000;

/// Whether everything below `top`, and what the processes hold open without a name, is more than the limits allow.
///
/// What cannot be read counts as too much, or hiding would be a way around.
pub(crate) fn exceeded(top: &str, processes: &[i32], limits: &Limits) -> bool {
    let (mut bytes, mut files) = (0, 0);
    let over = |bytes: u64, files: u64| {
        bytes > limits.work_bytes || files > u64::from(limits.work_inodes) + nested::PLANTED
    };
    let mut waiting: Vec<Folder> = nested::writable(top).map(Folder::at).collect();
    while let Some(folder) = waiting.pop() {
        let Ok(folder) = folder.reachable() else {
            return true;
        };
        let entries = match fs::read_dir(&folder.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(_) => return true,
        };
        for entry in entries.flatten() {
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            if metadata.is_dir() {
                waiting.push(folder.below(entry.path()));
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

/// A folder of any depth; the kernel takes no path longer than 4,096 bytes.
struct Folder {
    path: PathBuf,
    /// What the path starts from.
    base: Option<Rc<File>>,
}

impl Folder {
    fn at(path: String) -> Self {
        Self {
            path: path.into(),
            base: None,
        }
    }

    fn below(&self, path: PathBuf) -> Self {
        Self {
            path,
            base: self.base.clone(),
        }
    }

    /// The same folder under a short name.
    fn reachable(self) -> io::Result<Self> {
        if self.path.as_os_str().len() < LONG {
            return Ok(self);
        }
        let flags = libc::O_PATH | libc::O_DIRECTORY | libc::O_NOFOLLOW | libc::O_CLOEXEC;
        let open = File::options()
            .read(true)
            .custom_flags(flags)
            .open(&self.path)?;
        Ok(Self {
            path: format!("/proc/self/fd/{}", open.as_raw_fd()).into(),
            base: Some(Rc::new(open)),
        })
    }
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
    fn what_lies_deeper_than_any_path_still_counts() {
        let top = folder("deep");
        let name = "d".repeat(250);
        // Made from the inside out, because no path reaches the innermost.
        let mut whole = top.join("innermost");
        fs::create_dir(&whole).unwrap();
        fs::write(whole.join("big"), vec![1; 2 << 20]).unwrap();
        for level in 0..20 {
            let outer = top.join(format!("level{level}"));
            fs::create_dir(&outer).unwrap();
            fs::rename(&whole, outer.join(&name)).unwrap();
            whole = outer;
        }
        let limits = Limits {
            work_inodes: 100,
            ..limits()
        };
        let own = top.to_string_lossy().into_owned();
        assert!(!exceeded(&own, &[], &limits));
        fs::rename(&whole, top.join("work/deep")).unwrap();
        assert!(exceeded(&own, &[], &limits));
        let enough = Limits {
            work_bytes: 4 << 20,
            ..limits
        };
        assert!(!exceeded(&own, &[], &enough));
        nested::remove(&own);
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

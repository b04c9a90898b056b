//! What was found out since the machine started, kept for the next start of this program by the same user.

use std::fs::{self, DirBuilder, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use nix::unistd::geteuid;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A longer record is none of ours.
const LONGEST: u64 = 1 << 20;

#[derive(Deserialize)]
struct Record<T> {
    key: String,
    value: T,
}

#[derive(Serialize)]
struct Kept<'a, T> {
    key: &'a str,
    value: &'a T,
}

/// What [`remember`] kept under this name while everything that `key` and the machine say was the same.
pub(crate) fn recall<T: DeserializeOwned>(name: &str, key: &str) -> Option<T> {
    let key = whole(key)?;
    let path = folder()?.join(file_name(name, &key)?);
    let record: Record<T> = serde_json::from_str(&read(&path)?).ok()?;
    // Two keys of one hash are told apart.
    (record.key == key).then_some(record.value)
}

/// Keeps a value; a machine where nothing can be kept finds it out again.
pub(crate) fn remember<T: Serialize>(name: &str, key: &str, value: &T) {
    let Some((folder, key)) = folder().zip(whole(key)) else {
        return;
    };
    let Some(file) = file_name(name, &key) else {
        return;
    };
    sweep(&folder, &file);
    let Ok(text) = serde_json::to_vec(&Kept { key: &key, value }) else {
        return;
    };
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let half = folder.join(format!("half-{}-{number}", std::process::id()));
    let written = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&half)
        .and_then(|mut file| file.write_all(&text))
        .and_then(|()| fs::rename(&half, folder.join(file)));
    if written.is_err() {
        drop(fs::remove_file(half));
    }
}

/// Another start, another program, another container or another environment: everything is found out anew.
fn whole(key: &str) -> Option<String> {
    let boot = boot()?;
    let program = std::env::current_exe().ok()?;
    let metadata = fs::metadata(&program).ok()?;
    let place = |name: &str| fs::read_link(format!("/proc/self/ns/{name}")).unwrap_or_default();
    let path = std::env::var_os("PATH").unwrap_or_default();
    Some(format!(
        "{boot} {} {program:?} {} {}.{} {:?} {:?} {:?} {path:?} {:x} {key}",
        env!("CARGO_PKG_VERSION"),
        metadata.len(),
        metadata.mtime(),
        metadata.mtime_nsec(),
        place("user"),
        place("mnt"),
        place("pid"),
        hash(&(crate::harness::PROGRAM, crate::seccomp::TEXT)),
    ))
}

fn boot() -> Option<String> {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned())
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn file_name(name: &str, key: &str) -> Option<String> {
    let boot = boot()?;
    Some(format!(
        "{}-{name}-{:016x}.json",
        boot.get(..8)?,
        hash(&key)
    ))
}

/// A folder that only this user can write, or none.
fn folder() -> Option<PathBuf> {
    let own = geteuid().as_raw();
    let path = match std::env::var_os("XDG_RUNTIME_DIR") {
        Some(above) if is_own(Path::new(&above), own) => Path::new(&above).join("skillgate"),
        Some(_) | None => std::env::temp_dir().join(format!("skillgate-of-{own}")),
    };
    // It may be there already.
    drop(DirBuilder::new().mode(0o700).create(&path));
    is_own(&path, own).then_some(path)
}

/// A real folder of this user that nobody else may write.
fn is_own(path: &Path, user: u32) -> bool {
    fs::symlink_metadata(path)
        .is_ok_and(|found| found.is_dir() && found.uid() == user && found.mode() & 0o022 == 0)
}

/// The text of a plain file of this user that nobody else could have written.
fn read(path: &Path) -> Option<String> {
    let mut file = File::options()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
        .ok()?;
    let found = file.metadata().ok()?;
    let own = found.is_file() && found.uid() == geteuid().as_raw() && found.nlink() == 1;
    if !own || found.mode() & 0o022 != 0 || found.len() > LONGEST {
        return None;
    }
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    Some(text)
}

/// Records of earlier starts of the machine are worth nothing.
fn sweep(folder: &Path, newest: &str) {
    let boot = newest.get(..8).unwrap_or_default();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(boot) {
            drop(fs::remove_file(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    /// Where a record of this name and key lies.
    fn record(name: &str) -> PathBuf {
        let key = whole("key").unwrap();
        folder().unwrap().join(file_name(name, &key).unwrap())
    }

    #[test]
    fn what_was_kept_is_found_under_the_same_key_only() {
        remember("test-kept", "key", &7);
        assert_eq!(recall::<u32>("test-kept", "key"), Some(7));
        assert_eq!(recall::<u32>("test-kept", "other"), None);
        assert_eq!(recall::<u32>("test-other", "key"), None);
        fs::remove_file(record("test-kept")).unwrap();
        assert_eq!(recall::<u32>("test-kept", "key"), None);
    }

    #[test]
    fn what_somebody_else_could_have_written_is_not_believed() {
        let path = record("test-open");
        remember("test-open", "key", &7);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(recall::<u32>("test-open", "key"), None);
        let real = path.with_extension("real");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::rename(&path, &real).unwrap();
        symlink(&real, &path).unwrap();
        assert_eq!(recall::<u32>("test-open", "key"), None);
        fs::remove_file(&path).unwrap();
        fs::remove_file(&real).unwrap();
    }

    #[test]
    fn a_record_of_another_user_is_not_believed() {
        if !geteuid().is_root() {
            return;
        }
        let path = record("test-stranger");
        remember("test-stranger", "key", &7);
        std::os::unix::fs::chown(&path, Some(4242), None).unwrap();
        assert_eq!(recall::<u32>("test-stranger", "key"), None);
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn what_is_no_record_is_ignored() {
        let path = record("test-broken");
        remember("test-broken", "key", &7);
        for text in ["", "{", "{\"key\": \"key\", \"value\": 7}"] {
            fs::write(&path, text).unwrap();
            assert_eq!(recall::<u32>("test-broken", "key"), None, "{text}");
        }
        fs::remove_file(&path).unwrap();
    }
}

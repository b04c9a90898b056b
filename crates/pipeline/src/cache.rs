//! What the scan and the simulation said of the same bytes before, by content; safe to delete at any time.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A folder of results that only its owner can write.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    salt: blake3::Hash,
    settings: String,
}

impl Cache {
    /// The cache in this folder, for one program and one set of rules and limits, which `salt` names.
    ///
    /// `settings` names everything else that a report depends on: the policy, the profile, what is accepted.
    ///
    /// `None` where the folder cannot be made, or could be written by anybody else.
    pub fn open(folder: &Path, salt: &[u8], settings: &[u8]) -> Option<Self> {
        let _exists_mostly = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder);
        let metadata = fs::symlink_metadata(folder).ok()?;
        let private = metadata.is_dir() && metadata.mode() & 0o022 == 0;
        let mine = metadata.uid() == nix::unistd::geteuid().as_raw();
        (private && mine).then(|| Self {
            folder: folder.to_owned(),
            salt: blake3::hash(salt),
            settings: blake3::hash(settings).to_string(),
        })
    }

    /// The key of what the operator set.
    pub(crate) fn settings(&self) -> &str {
        &self.settings
    }

    /// What was kept under this key, unless it is damaged.
    pub(crate) fn get<T: DeserializeOwned>(&self, kind: &str, key: &[&str]) -> Option<T> {
        let bytes = fs::read(self.path(kind, key)).ok()?;
        let (hash, body) = bytes.split_at_checked(blake3::OUT_LEN)?;
        if blake3::hash(body).as_bytes() != hash {
            return None;
        }
        serde_json::from_slice(body).ok()
    }

    /// Keeps a value; that it cannot be kept is no error, since it can be made again.
    pub(crate) fn put(&self, kind: &str, key: &[&str], value: &impl Serialize) {
        let path = self.path(kind, key);
        let Some(folder) = path.parent() else { return };
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(folder)?;
            let body = serde_json::to_vec(value)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(blake3::hash(&body).as_bytes())?;
            file.write_all(&body)?;
            file.persist(&path).map(|_| ()).map_err(|error| error.error)
        };
        let _made_again_next_time = write();
    }

    fn path(&self, kind: &str, key: &[&str]) -> PathBuf {
        let mut hasher = blake3::Hasher::new_keyed(self.salt.as_bytes());
        for part in std::iter::once(&kind).chain(key) {
            // Lengths keep `ab` `c` apart from `a` `bc`.
            hasher
                .update(&(part.len() as u64).to_le_bytes())
                .update(part.as_bytes());
        }
        let hex = hasher.finalize().to_hex();
        let (shard, name) = hex.split_at(2);
        self.folder.join(shard).join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_for_its_own_key_only() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("cache"), b"1", b"").unwrap();
        cache.put("scan", &["a", "b"], &7);
        assert_eq!(cache.get::<i32>("scan", &["a", "b"]), Some(7));
        assert_eq!(cache.get::<i32>("scan", &["ab", ""]), None);
        assert_eq!(cache.get::<i32>("trace", &["a", "b"]), None);
        let other = Cache::open(&folder.path().join("cache"), b"2", b"").unwrap();
        assert_eq!(other.get::<i32>("scan", &["a", "b"]), None);
    }

    #[test]
    fn a_damaged_or_deleted_entry_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path(), b"1", b"").unwrap();
        cache.put("scan", &["a"], &7);
        let path = cache.path("scan", &["a"]);
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() = b'8';
        fs::write(&path, bytes).unwrap();
        assert_eq!(cache.get::<i32>("scan", &["a"]), None);
        fs::remove_file(path).unwrap();
        assert_eq!(cache.get::<i32>("scan", &["a"]), None);
    }

    #[test]
    fn a_folder_that_others_can_write_is_not_trusted() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Cache::open(folder.path(), b"1", b"").is_none());
    }
}

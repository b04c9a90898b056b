//! Reads one regular file whole, or not at all: it may be changed or exchanged meanwhile.

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use skillgate_model::hex;

/// SHA-256 in hex, and the bytes where they were kept.
pub(super) type Kept = (String, Option<Arc<[u8]>>);

/// Reads a regular file without following a link and without waiting on anything; `keep` is the size expected.
pub(super) fn read(path: &Path, keep: Option<u64>) -> Result<Kept, String> {
    let say = |error: std::io::Error| format!("it cannot be read: {error}");
    let flags = nix::fcntl::OFlag::O_NOFOLLOW | nix::fcntl::OFlag::O_NONBLOCK;
    let mut file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(path)
        .map_err(say)?;
    let before = file.metadata().map_err(say)?;
    if !before.is_file() {
        return Err("it is no longer a regular file".to_owned());
    }
    let read = match keep {
        Some(size) => read_whole(&mut file, size).map_err(say)?,
        None => (hash_only(&mut file).map_err(say)?, None),
    };
    let after = file.metadata().map_err(say)?;
    let stamp = |data: &fs::Metadata| {
        (
            data.len(),
            data.mtime(),
            data.mtime_nsec(),
            data.ctime(),
            data.ctime_nsec(),
        )
    };
    let whole = read
        .1
        .as_ref()
        .is_none_or(|bytes| bytes.len() as u64 == before.len());
    if stamp(&before) != stamp(&after) || !whole {
        return Err("it changed while it was read".to_owned());
    }
    Ok(read)
}

/// Straight into where the bytes stay: a copy would touch as much memory again.
fn read_whole(file: &mut File, size: u64) -> std::io::Result<Kept> {
    let size = usize::try_from(size).map_err(std::io::Error::other)?;
    let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, size).collect();
    if let Some(buffer) = Arc::get_mut(&mut bytes) {
        file.read_exact(buffer)?;
    }
    // One byte more than expected tells that the file grew.
    if file.read(&mut [0])? != 0 {
        return Err(std::io::Error::other("it grew while it was read"));
    }
    Ok((hex(&Sha256::digest(&bytes)), Some(bytes)))
}

fn hash_only(file: &mut File) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        hasher.update(buffer.get(..count).unwrap_or_default());
    }
}

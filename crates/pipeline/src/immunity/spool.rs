//! Calls that could not be written before a process ended: kept in a file, and replayed once.

use std::fs::{self, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use skillgate_model::{Event, Signature, TenantId};
use skillgate_store::{Act, StoreError, Tenant};

/// A call and its signature, as one line of JSON.
type Call = (Event, Option<Signature>);

/// Calls written in one transaction.
const BATCH: usize = 1_000;

/// Writes the calls to a file of this process, for its owner alone, whole or not at all.
pub(super) fn keep(
    folder: &Path,
    tenant: &TenantId,
    source: &str,
    calls: &[Call],
) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let path = folder.join(format!("{}{source}.jsonl", prefix(tenant)));
    let part = path.with_extension("part");
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&part)?;
    let mut file = BufWriter::new(file);
    for call in calls {
        serde_json::to_writer(&mut file, call)?;
        file.write_all(b"\n")?;
    }
    file.into_inner()
        .map_err(io::IntoInnerError::into_error)?
        .sync_all()?;
    fs::rename(part, path)
}

/// Records what earlier processes had to leave behind; a call that is known already changes nothing.
pub(super) fn replay(folder: &Path, rows: &Tenant<'_>, act: &Act) -> Result<(), StoreError> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    let prefix = prefix(rows.id());
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(&prefix) && name.ends_with(".jsonl") {
            let path = entry.path();
            let failed = |source| StoreError::Folder {
                path: path.clone(),
                source,
            };
            for calls in read(&path).map_err(failed)?.chunks(BATCH) {
                rows.record(calls, act)?;
            }
            match fs::remove_file(&path) {
                // Another process replayed it at the same time.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                outcome => outcome.map_err(failed)?,
            }
        }
    }
    Ok(())
}

fn read(path: &Path) -> io::Result<Vec<Call>> {
    let file = match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        outcome => outcome?,
    };
    let lines = BufReader::new(file).lines();
    lines
        .map(|line| serde_json::from_str(&line?).map_err(io::Error::from))
        .collect()
}

/// No tenant's name has an `@`, so no tenant's files begin as another one's do.
fn prefix(tenant: &TenantId) -> String {
    format!("spool@{tenant}@")
}

//! What is old and settled leaves; what is unresolved or in force stays.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::engine::values;
use crate::{Act, StoreError, Tenant};

/// How many rows a cleanup removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Cleaned {
    /// Calls older than the retention.
    pub events: u64,
    /// Resolved anomalies not seen since.
    pub anomalies: u64,
    /// Quarantines released before.
    pub quarantines: u64,
}

impl Tenant<'_> {
    /// Removes what was settled before `before_ms`; remedies, reports, locks and the audit trail stay.
    pub fn clean(&self, before_ms: i64, act: &Act) -> Result<Cleaned, StoreError> {
        self.write(|session| {
            let cleaned = Cleaned {
                // The newest event stays, or its number would be given out again.
                events: session.execute(
                    "DELETE FROM event WHERE tenant = ?1 AND at_ms < ?2 \
                     AND seq < (SELECT max(seq) FROM event WHERE tenant = ?1)",
                    values![before_ms],
                )?,
                anomalies: session.execute(
                    "DELETE FROM anomaly WHERE tenant = ?1 AND last_seen_ms < ?2 \
                     AND state = 'resolved' AND tool NOT IN \
                     (SELECT subject FROM quarantine WHERE tenant = ?1 AND state <> 'released')",
                    values![before_ms],
                )?,
                quarantines: session.execute(
                    "DELETE FROM quarantine WHERE tenant = ?1 AND since_ms < ?2 AND state = 'released'",
                    values![before_ms],
                )?,
            };
            if cleaned != Cleaned::default() {
                let body = crate::tenant::encode(&cleaned)?;
                session.audit(act, "store.cleaned", &format!("before {before_ms}"), &body)?;
            }
            Ok(cleaned)
        })
    }

    /// Writes all anomalies and quarantines to `snapshot-<time>.jsonl`, whole or not at all.
    pub fn snapshot(&self, folder: &Path, batch: i64, now_ms: i64) -> Result<PathBuf, StoreError> {
        let name = format!("snapshot-{}-{now_ms}.jsonl", self.id());
        let (path, part) = (folder.join(&name), folder.join(format!(".{name}.part")));
        let failed = |source| StoreError::Folder {
            path: folder.to_owned(),
            source,
        };
        fs::create_dir_all(folder).map_err(failed)?;
        let mut file = BufWriter::new(File::create(&part).map_err(failed)?);
        let mut after = String::new();
        loop {
            let page = self.anomalies_after(&after, batch.max(1))?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.signature.hash);
            for anomaly in &page {
                line(&mut file, "anomaly", anomaly)?.map_err(failed)?;
            }
        }
        for entry in self.quarantines(true)? {
            line(&mut file, "quarantine", &entry)?.map_err(failed)?;
        }
        let file = file
            .into_inner()
            .map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(failed)?;
        fs::rename(&part, &path).map_err(failed)?;
        Ok(path)
    }
}

fn line(
    file: &mut impl Write,
    kind: &str,
    record: &impl Serialize,
) -> Result<std::io::Result<()>, StoreError> {
    let text = crate::tenant::encode(&serde_json::json!({ "record": kind, "value": record }))?;
    Ok(writeln!(file, "{text}"))
}

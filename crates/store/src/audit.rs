//! The audit trail: append-only, each entry hashed together with the one before it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use skillgate_model::{AuditEntry, TenantId, hex};

use crate::engine::{Row, storable, values};
use crate::tenant::Session;
use crate::{Act, StoreError, Tenant};

/// The `previous` of the first entry.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

const COLUMNS: &str = "seq, at_ms, actor, action, object, reason, document, previous, hash";

/// Entries read at a time while a chain is walked.
const PAGE: i64 = 1000;

/// The newest link; kept elsewhere, it shows a tail that was cut off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// Whose chain.
    pub tenant: TenantId,
    /// Number of the newest entry; 0 for an empty chain.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
}

/// The first broken link of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainFault {
    /// Number of the entry.
    pub seq: i64,
    /// One sentence.
    pub reason: String,
}

impl fmt::Display for ChainFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {}: {}", self.seq, self.reason)
    }
}

impl Tenant<'_> {
    /// Entries after number `after`, oldest first.
    pub fn audit(&self, after: i64, limit: i64) -> Result<Vec<AuditEntry>, StoreError> {
        self.read(|session| page(session, after, limit))
    }

    /// The newest link.
    pub fn audit_head(&self) -> Result<AuditHead, StoreError> {
        self.read(head)
    }

    /// Recomputes the whole chain; the inner error is its first broken link.
    pub fn verify_audit(&self) -> Result<Result<AuditHead, ChainFault>, StoreError> {
        self.read(|session| walk(session, None))
    }

    /// The same, and that the chain still holds a head that was exported earlier.
    pub fn verify_audit_against(
        &self,
        known: &AuditHead,
    ) -> Result<Result<AuditHead, ChainFault>, StoreError> {
        self.read(|session| walk(session, Some(known)))
    }
}

/// Appends one entry inside the caller's transaction.
pub(crate) fn append(
    session: &mut Session<'_>,
    act: &Act,
    action: &str,
    object: &str,
    document: &str,
) -> Result<(), StoreError> {
    if act.actor.trim().is_empty() {
        return Err(StoreError::Invalid(
            "an actor is needed for the audit trail",
        ));
    }
    let head = head(session)?;
    let document = match document {
        "" => String::new(),
        text => hex(&Sha256::digest(text)),
    };
    let mut entry = AuditEntry {
        seq: head.seq + 1,
        at_ms: act.at_ms,
        actor: storable(&act.actor),
        action: action.to_owned(),
        object: storable(object),
        reason: storable(&act.reason),
        document,
        previous: head.hash,
        hash: String::new(),
    };
    entry.hash = link(session.tenant(), &entry);
    session.execute(
        "INSERT INTO audit (tenant, seq, at_ms, actor, action, object, reason, document, previous, hash) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        values![
            entry.seq,
            entry.at_ms,
            &entry.actor,
            &entry.action,
            &entry.object,
            &entry.reason,
            &entry.document,
            &entry.previous,
            &entry.hash,
        ],
    )?;
    Ok(())
}

fn head(session: &mut Session<'_>) -> Result<AuditHead, StoreError> {
    let rows = session.query(
        "SELECT seq, hash FROM audit WHERE tenant = ?1 ORDER BY seq DESC LIMIT 1",
        values![],
    )?;
    let read = |row: &Row| Ok((row.integer(0)?, row.text(1)?.to_owned()));
    let newest = rows.first().map(read).transpose();
    let (seq, hash) = newest
        .map_err(|detail| session.damaged(detail))?
        .unwrap_or((0, GENESIS.to_owned()));
    Ok(AuditHead {
        tenant: session.tenant().clone(),
        seq,
        hash,
    })
}

fn page(session: &mut Session<'_>, after: i64, limit: i64) -> Result<Vec<AuditEntry>, StoreError> {
    let rows = session.query(
        &format!(
            "SELECT {COLUMNS} FROM audit WHERE tenant = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3"
        ),
        values![after, limit],
    )?;
    rows.iter()
        .map(entry)
        .collect::<Result<_, String>>()
        .map_err(|detail| session.damaged(detail))
}

fn entry(row: &Row) -> Result<AuditEntry, String> {
    Ok(AuditEntry {
        seq: row.integer(0)?,
        at_ms: row.integer(1)?,
        actor: row.text(2)?.to_owned(),
        action: row.text(3)?.to_owned(),
        object: row.text(4)?.to_owned(),
        reason: row.text(5)?.to_owned(),
        document: row.text(6)?.to_owned(),
        previous: row.text(7)?.to_owned(),
        hash: row.text(8)?.to_owned(),
    })
}

fn walk(
    session: &mut Session<'_>,
    known: Option<&AuditHead>,
) -> Result<Result<AuditHead, ChainFault>, StoreError> {
    let mut at = AuditHead {
        tenant: session.tenant().clone(),
        seq: 0,
        hash: GENESIS.to_owned(),
    };
    loop {
        let entries = page(session, at.seq, PAGE)?;
        if entries.is_empty() {
            return Ok(reaches(at, known));
        }
        for entry in entries {
            if let Err(reason) = follows(&at, &entry, known) {
                let seq = at.seq + 1;
                return Ok(Err(ChainFault { seq, reason }));
            }
            at.seq = entry.seq;
            at.hash = entry.hash;
        }
    }
}

fn reaches(at: AuditHead, known: Option<&AuditHead>) -> Result<AuditHead, ChainFault> {
    match known {
        Some(known) if known.seq > at.seq => Err(ChainFault {
            seq: at.seq + 1,
            reason: format!("missing; the exported head is entry {}", known.seq),
        }),
        _ => Ok(at),
    }
}

fn follows(at: &AuditHead, entry: &AuditEntry, known: Option<&AuditHead>) -> Result<(), String> {
    if entry.seq != at.seq + 1 {
        return Err(format!("missing; the next one is entry {}", entry.seq));
    }
    if entry.previous != at.hash {
        return Err("does not follow the entry before it".to_owned());
    }
    if link(&at.tenant, entry) != entry.hash {
        return Err("its content was changed".to_owned());
    }
    match known {
        Some(known) if known.seq == entry.seq && known.hash != entry.hash => {
            Err("is not the one that was exported".to_owned())
        }
        _ => Ok(()),
    }
}

/// The hash is over a JSON array, so that no two different entries have one text.
fn link(tenant: &TenantId, entry: &AuditEntry) -> String {
    let text = serde_json::json!([
        "skillgate-audit/1",
        tenant,
        entry.seq,
        entry.at_ms,
        entry.actor,
        entry.action,
        entry.object,
        entry.reason,
        entry.document,
        entry.previous,
    ]);
    hex(&Sha256::digest(text.to_string()))
}

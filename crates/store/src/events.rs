//! Calls of tools as they ended, each counted once however often it is sent.

use std::collections::BTreeMap;

use skillgate_model::{AnomalyState, Event, Outcome, Signature};

use crate::engine::{Row, values};
use crate::tenant::Session;
use crate::{Act, StoreError, Tenant};

/// What recording a batch has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recording {
    /// Events that were not known before.
    pub new: u64,
    /// Signatures that were resolved and came back.
    pub reopened: Vec<String>,
}

/// Hits of one signature within a batch.
struct Hits<'a> {
    signature: &'a Signature,
    count: i64,
    first_ms: i64,
    last_ms: i64,
}

impl Tenant<'_> {
    /// Records calls, all or none, each with its signature where it failed; durable on return.
    ///
    /// An event whose id is known is skipped, so a batch may be sent again after any failure.
    pub fn record(
        &self,
        events: &[(Event, Option<Signature>)],
        act: &Act,
    ) -> Result<Recording, StoreError> {
        self.write(|session| {
            let mut recording = Recording::default();
            let mut hits = BTreeMap::new();
            let mut blocked: BTreeMap<&str, u64> = BTreeMap::new();
            let mut seq = newest(session)?;
            for (event, signature) in events {
                if !insert(session, seq + 1, event)? {
                    continue;
                }
                seq += 1;
                recording.new += 1;
                if let Some(signature) = signature {
                    count(&mut hits, signature, event.at_ms);
                }
                if event.outcome == Outcome::Blocked {
                    *blocked.entry(&event.tool).or_default() += 1;
                }
            }
            for hits in hits.values() {
                if add(session, hits)? {
                    recording.reopened.push(hits.signature.hash.clone());
                    let object = format!("signature {}", hits.signature.hash);
                    session.audit(act, "anomaly.reopened", &object, "")?;
                }
            }
            for (tool, count) in blocked {
                let act = Act {
                    reason: format!("{count} calls were not made"),
                    ..act.clone()
                };
                session.audit(&act, "execution.blocked", &format!("tool {tool}"), "")?;
            }
            Ok(recording)
        })
    }

    /// Events after number `after`, in the order they were recorded, each with its number.
    pub fn events(&self, after: i64, limit: i64) -> Result<Vec<(i64, Event)>, StoreError> {
        self.read(|session| {
            let rows = session.query(
                "SELECT seq, id, tool, at_ms, outcome, part, signature FROM event \
                 WHERE tenant = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
                values![after, limit],
            )?;
            rows.iter()
                .map(read)
                .collect::<Result<_, String>>()
                .map_err(|detail| session.damaged(detail))
        })
    }

    /// Number of the newest event before `at_ms`; 0 where there is none.
    pub fn event_before(&self, at_ms: i64) -> Result<i64, StoreError> {
        let sql = "SELECT coalesce(max(seq), 0) FROM event WHERE tenant = ?1 AND at_ms < ?2";
        self.read(|session| session.number(sql, values![at_ms]))
    }
}

fn newest(session: &mut Session<'_>) -> Result<i64, StoreError> {
    session.number(
        "SELECT coalesce(max(seq), 0) FROM event WHERE tenant = ?1",
        values![],
    )
}

fn insert(session: &mut Session<'_>, seq: i64, event: &Event) -> Result<bool, StoreError> {
    let changed = session.execute(
        "INSERT INTO event (tenant, seq, id, tool, at_ms, outcome, part, signature) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (tenant, id) DO NOTHING",
        values![
            seq,
            &event.id,
            &event.tool,
            event.at_ms,
            event.outcome.as_str(),
            &event.part,
            &event.signature,
        ],
    )?;
    Ok(changed == 1)
}

fn count<'a>(hits: &mut BTreeMap<&'a str, Hits<'a>>, signature: &'a Signature, at_ms: i64) {
    let entry = hits.entry(&signature.hash).or_insert(Hits {
        signature,
        count: 0,
        first_ms: at_ms,
        last_ms: at_ms,
    });
    entry.count += 1;
    entry.first_ms = entry.first_ms.min(at_ms);
    entry.last_ms = entry.last_ms.max(at_ms);
}

/// Adds to an anomaly; true when it was resolved before, or vaccinated against and forgotten.
fn add(session: &mut Session<'_>, hits: &Hits<'_>) -> Result<bool, StoreError> {
    let signature = hits.signature;
    let before = session.query(
        "SELECT state FROM anomaly WHERE tenant = ?1 AND signature = ?2",
        values![&signature.hash],
    )?;
    let resolved = AnomalyState::Resolved.as_str();
    let reopened = match before.first() {
        Some(row) => row.text(0) == Ok(resolved),
        None => {
            let sql = "SELECT count(*) FROM vaccination WHERE tenant = ?1 AND signature = ?2";
            session.number(sql, values![&signature.hash])? > 0
        }
    };
    let state = match reopened {
        true => AnomalyState::Reopened,
        false => AnomalyState::Open,
    };
    session.execute(
        "INSERT INTO anomaly (tenant, signature, tool, class, code, message, shape, state, \
                              hits, first_seen_ms, last_seen_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
         ON CONFLICT (tenant, signature) DO UPDATE SET hits = anomaly.hits + excluded.hits, \
         state = CASE WHEN anomaly.state = 'resolved' THEN 'reopened' ELSE anomaly.state END, \
         last_seen_ms = CASE WHEN anomaly.last_seen_ms > excluded.last_seen_ms \
                             THEN anomaly.last_seen_ms ELSE excluded.last_seen_ms END",
        values![
            &signature.hash,
            &signature.tool,
            &signature.class,
            &signature.code,
            &signature.message,
            &signature.shape,
            state.as_str(),
            hits.count,
            hits.first_ms,
            hits.last_ms,
        ],
    )?;
    Ok(reopened)
}

fn read(row: &Row) -> Result<(i64, Event), String> {
    let outcome = row.text(4)?;
    let known = Outcome::ALL
        .into_iter()
        .find(|known| known.as_str() == outcome);
    let event = Event {
        id: row.text(1)?.to_owned(),
        tool: row.text(2)?.to_owned(),
        at_ms: row.integer(3)?,
        outcome: known.ok_or_else(|| format!("unknown outcome `{outcome}`"))?,
        part: row.text(5)?.to_owned(),
        signature: row.text(6)?.to_owned(),
    };
    Ok((row.integer(0)?, event))
}

//! Failures by signature, and the remedies against them.

use skillgate_model::{Anomaly, AnomalyState, QuarantineState, Signature, Vaccination};

use crate::engine::{Row, Value, values};
use crate::tenant::{Session, encode};
use crate::{Act, StoreError, Tenant, quarantine};

const COLUMNS: &str =
    "signature, tool, class, code, message, shape, state, hits, first_seen_ms, last_seen_ms";

impl Tenant<'_> {
    /// Anomalies, the most frequent first; `all` adds the resolved ones.
    pub fn anomalies(&self, all: bool, limit: i64) -> Result<Vec<Anomaly>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM anomaly WHERE tenant = ?1 AND (?2 = 1 OR state <> 'resolved') \
             ORDER BY hits DESC, signature LIMIT ?3"
        );
        self.read(|session| select(session, &sql, values![i64::from(all), limit]))
    }

    /// The anomaly of that signature, or of the only one that begins so.
    pub fn anomaly(&self, prefix: &str) -> Result<Anomaly, StoreError> {
        self.read(|session| find(session, prefix))
    }

    /// Anomalies whose signature comes after this one, sorted by signature.
    pub fn anomalies_after(&self, signature: &str, limit: i64) -> Result<Vec<Anomaly>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM anomaly WHERE tenant = ?1 AND signature > ?2 \
             ORDER BY signature LIMIT ?3"
        );
        self.read(|session| select(session, &sql, values![signature, limit]))
    }

    /// Stores a remedy, resolves its anomaly and puts what the signature had blocked on trial.
    ///
    /// The same remedy again changes nothing. The caller has screened the procedure.
    pub fn vaccinate(&self, vaccination: &Vaccination, act: &Act) -> Result<(), StoreError> {
        self.write(|session| {
            let anomaly = find(session, &vaccination.signature)?;
            let hash = &anomaly.signature.hash;
            let known = remedy(session, hash)?;
            let same = known.is_some_and(|known| {
                known.procedure == vaccination.procedure
                    && known.resolved_by == vaccination.resolved_by
            });
            if same && anomaly.state == AnomalyState::Resolved {
                return Ok(());
            }
            let vaccination = Vaccination {
                signature: hash.clone(),
                tool: anomaly.signature.tool.clone(),
                ..vaccination.clone()
            };
            let body = encode(&vaccination)?;
            session.execute(
                "INSERT INTO vaccination (tenant, signature, tool, at_ms, body) \
                 VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (tenant, signature) \
                 DO UPDATE SET at_ms = excluded.at_ms, body = excluded.body",
                values![hash, &vaccination.tool, vaccination.at_ms, &body],
            )?;
            session.execute(
                "UPDATE anomaly SET state = 'resolved' WHERE tenant = ?1 AND signature = ?2",
                values![hash],
            )?;
            session.audit(act, "vaccinated", &format!("signature {hash}"), &body)?;
            try_again(session, &vaccination, act)
        })
    }

    /// The remedy against one signature.
    pub fn vaccination(&self, signature: &str) -> Result<Option<Vaccination>, StoreError> {
        self.read(|session| remedy(session, signature))
    }

    /// The remedies for one tool, or for all, with the signatures they are against, sorted by signature.
    pub fn remedies(
        &self,
        tool: Option<&str>,
    ) -> Result<Vec<(Signature, Vaccination)>, StoreError> {
        self.read(|session| {
            let known: Vec<Vaccination> = session.documents(
                "SELECT body FROM vaccination WHERE tenant = ?1 AND (?2 = '' OR tool = ?2) \
                 ORDER BY signature",
                values![tool.unwrap_or("")],
            )?;
            let mut remedies = Vec::new();
            for vaccination in known {
                let sql =
                    format!("SELECT {COLUMNS} FROM anomaly WHERE tenant = ?1 AND signature = ?2");
                let anomaly = select(session, &sql, values![&vaccination.signature])?;
                remedies.extend(
                    anomaly
                        .into_iter()
                        .map(|anomaly| (anomaly.signature, vaccination.clone())),
                );
            }
            Ok(remedies)
        })
    }
}

/// A release is earned: what the signature had blocked gets trial calls, not freedom.
fn try_again(
    session: &mut Session<'_>,
    vaccination: &Vaccination,
    act: &Act,
) -> Result<(), StoreError> {
    for mut entry in quarantine::named(session, &vaccination.tool, None)? {
        let cured = entry.signature.as_ref() == Some(&vaccination.signature);
        if cured && entry.state == QuarantineState::Blocked {
            entry.state = QuarantineState::Probing;
            entry.since_ms = act.at_ms;
            entry.until_ms = None;
            quarantine::enter(session, &entry, act)?;
        }
    }
    Ok(())
}

fn remedy(session: &mut Session<'_>, signature: &str) -> Result<Option<Vaccination>, StoreError> {
    let found = session.documents(
        "SELECT body FROM vaccination WHERE tenant = ?1 AND signature = ?2",
        values![signature],
    )?;
    Ok(found.into_iter().next())
}

fn find(session: &mut Session<'_>, prefix: &str) -> Result<Anomaly, StoreError> {
    let hash = session.complete("anomaly", "signature", prefix)?;
    let sql = format!("SELECT {COLUMNS} FROM anomaly WHERE tenant = ?1 AND signature = ?2");
    let found = select(session, &sql, values![&hash])?;
    found
        .into_iter()
        .next()
        .ok_or_else(|| session.not_found("anomaly", prefix))
}

fn select(
    session: &mut Session<'_>,
    sql: &str,
    values: &[Value],
) -> Result<Vec<Anomaly>, StoreError> {
    let rows = session.query(sql, values)?;
    rows.iter()
        .map(read)
        .collect::<Result<_, String>>()
        .map_err(|detail| session.damaged(detail))
}

fn read(row: &Row) -> Result<Anomaly, String> {
    let state = row.text(6)?;
    let states = [
        AnomalyState::Open,
        AnomalyState::Resolved,
        AnomalyState::Reopened,
    ];
    let known = states.into_iter().find(|known| known.as_str() == state);
    Ok(Anomaly {
        signature: Signature {
            hash: row.text(0)?.to_owned(),
            tool: row.text(1)?.to_owned(),
            class: row.text(2)?.to_owned(),
            code: row.text(3)?.to_owned(),
            message: row.text(4)?.to_owned(),
            shape: row.text(5)?.to_owned(),
        },
        state: known.ok_or_else(|| format!("unknown state `{state}`"))?,
        hits: row.integer(7)?,
        first_seen_ms: row.integer(8)?,
        last_seen_ms: row.integer(9)?,
    })
}

//! Reports: written once, found again by id, by the beginning of an id, or by skill.

use skillgate_model::{Decision, PromotionState, Quarantine, Report};

use crate::engine::values;
use crate::tenant::{Session, encode};
use crate::{Act, StoreError, Tenant, promotions, quarantine};

impl Tenant<'_> {
    /// Stores a report; the same one again changes nothing, another one of that id is refused.
    pub fn put_report(&self, report: &Report, act: &Act) -> Result<(), StoreError> {
        self.put_verdicts([(report, None)], act)
    }

    /// Stores reports, and the line of the quarantine list that one leads to, all or none.
    pub fn put_verdicts<'r>(
        &self,
        verdicts: impl IntoIterator<Item = (&'r Report, Option<Quarantine>)>,
        act: &Act,
    ) -> Result<(), StoreError> {
        self.write(|session| {
            verdicts.into_iter().try_for_each(|(report, entry)| {
                let stood = put(session, report, act)?;
                let Some(entry) = entry else { return Ok(()) };
                match stood && quarantine::is_blocked(session, &entry)? {
                    true => Ok(()),
                    false => quarantine::enter(session, &entry, act),
                }
            })
        })
    }

    /// The report of that id, or of the only id that begins so.
    pub fn report(&self, prefix: &str) -> Result<Report, StoreError> {
        self.read(|session| {
            let id = session.complete("report", "id", prefix)?;
            let found = session.documents(
                "SELECT body FROM report WHERE tenant = ?1 AND id = ?2",
                values![&id],
            )?;
            found
                .into_iter()
                .next()
                .ok_or_else(|| session.not_found("report", prefix))
        })
    }

    /// The newest report on a skill.
    pub fn latest_report(&self, skill: &str) -> Result<Option<Report>, StoreError> {
        self.read(|session| {
            let found = session.documents(
                "SELECT body FROM report WHERE tenant = ?1 AND skill = ?2 ORDER BY seq DESC LIMIT 1",
                values![skill],
            )?;
            Ok(found.into_iter().next())
        })
    }

    /// The newest reports, newest first.
    pub fn reports(&self, limit: i64) -> Result<Vec<Report>, StoreError> {
        self.read(|session| {
            session.documents(
                "SELECT body FROM report WHERE tenant = ?1 ORDER BY seq DESC LIMIT ?2",
                values![limit],
            )
        })
    }
}

/// Whether the report was there already, and still is the newest on its skill.
fn put(session: &mut Session<'_>, report: &Report, act: &Act) -> Result<bool, StoreError> {
    let body = encode(report)?;
    let known = session.query(
        "SELECT body, seq - (SELECT max(seq) FROM report WHERE tenant = ?1 AND skill = ?3) \
         FROM report WHERE tenant = ?1 AND id = ?2",
        values![&report.id, &report.skill.name],
    )?;
    match known.first() {
        None => insert(session, report, &body)?,
        Some(row) if row.text(0) != Ok(&body) => {
            return Err(StoreError::Conflict {
                what: "report",
                key: report.id.clone(),
            });
        }
        Some(row) if row.integer(1) == Ok(0) => {
            reinstate(session, report, act)?;
            return Ok(true);
        }
        // What was said of these bytes before the skill was changed and changed back holds again.
        Some(_) => renew(session, report)?,
    }
    let action = format!("report.{}", report.verdict.decision.as_str());
    let object = format!("skill {} {}", report.skill.name, report.skill.digest);
    session.audit(act, &action, &object, &body)?;
    reinstate(session, report, act)?;
    Ok(false)
}

fn insert(session: &mut Session<'_>, report: &Report, body: &str) -> Result<(), StoreError> {
    let rows = session.execute(
        "INSERT INTO report (tenant, id, seq, skill, digest, path, decision, complete, started_at, body) \
         VALUES (?1, ?2, (SELECT coalesce(max(seq), 0) + 1 FROM report WHERE tenant = ?1), \
                 ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        values![
            &report.id,
            &report.skill.name,
            &report.skill.digest,
            &report.skill.path,
            report.verdict.decision.as_str(),
            i64::from(report.verdict.complete),
            &report.started_at,
            body,
        ],
    );
    rows.map(drop)
}

/// Makes a report the newest one again.
fn renew(session: &mut Session<'_>, report: &Report) -> Result<(), StoreError> {
    let rows = session.execute(
        "UPDATE report SET seq = (SELECT max(seq) + 1 FROM report WHERE tenant = ?1) \
         WHERE tenant = ?1 AND id = ?2",
        values![&report.id],
    );
    rows.map(drop)
}

/// What was promoted and not examined since its tool was released may be used again.
fn reinstate(session: &mut Session<'_>, report: &Report, act: &Act) -> Result<(), StoreError> {
    match report.verdict.decision {
        Decision::Quarantine => Ok(()),
        Decision::Promote => {
            let promoted = promotions::of(session, &report.skill.digest)?;
            promotions::change(
                session,
                act,
                promoted,
                |promotion| promotion.state == PromotionState::Unexamined,
                PromotionState::Active,
            )
        }
    }
}

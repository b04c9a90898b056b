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
                put(session, report, act)?;
                entry.map_or(Ok(()), |entry| quarantine::enter(session, &entry, act))
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

fn put(session: &mut Session<'_>, report: &Report, act: &Act) -> Result<(), StoreError> {
    let body = encode(report)?;
    let known = session.query(
        "SELECT body FROM report WHERE tenant = ?1 AND id = ?2",
        values![&report.id],
    )?;
    if let Some(row) = known.first() {
        return match row.text(0) == Ok(&body) {
            true => Ok(()),
            false => Err(StoreError::Conflict {
                what: "report",
                key: report.id.clone(),
            }),
        };
    }
    session.execute(
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
            &body,
        ],
    )?;
    let action = format!("report.{}", report.verdict.decision.as_str());
    let object = format!("skill {} {}", report.skill.name, report.skill.digest);
    session.audit(act, &action, &object, &body)?;
    match report.verdict.decision {
        Decision::Quarantine => Ok(()),
        Decision::Promote => promotions::change(
            session,
            act,
            |promotion| {
                promotion.digest == report.skill.digest
                    && promotion.state == PromotionState::Unexamined
            },
            PromotionState::Active,
        ),
    }
}

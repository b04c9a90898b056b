//! The one quarantine list: skills the gate rejected and tools the run time blocked.

use std::collections::BTreeSet;

use skillgate_model::{
    Decision, Promotion, PromotionState, Quarantine, QuarantineState, SubjectKind,
};

use crate::engine::values;
use crate::tenant::{Session, encode};
use crate::{Act, StoreError, Tenant, promotions};

impl Tenant<'_> {
    /// Enters, or replaces, one line; a blocked tool withdraws the promotions that offer it.
    pub fn quarantine(&self, entry: &Quarantine, act: &Act) -> Result<(), StoreError> {
        self.write(|session| enter(session, entry, act))
    }

    /// Releases every line of that name in force; `part` narrows it to one digest or shape.
    ///
    /// A skill is released only when the newest report on its digest promotes it; the promotions a
    /// tool had withdrawn stay unusable until a new report promotes them.
    pub fn release(
        &self,
        subject: &str,
        part: Option<&str>,
        act: &Act,
    ) -> Result<Vec<Quarantine>, StoreError> {
        if act.reason.trim().is_empty() {
            return Err(StoreError::Invalid("a reason is needed for a release"));
        }
        self.write(|session| {
            let mut released = named(session, subject, part)?;
            released.retain(|entry| entry.state != QuarantineState::Released);
            if released.is_empty() {
                return Err(session.not_found("quarantined skill or tool", subject));
            }
            for entry in &mut released {
                if entry.kind == SubjectKind::Skill && !is_promoted(session, &entry.part)? {
                    return Err(StoreError::Unexamined {
                        skill: entry.subject.clone(),
                    });
                }
                entry.state = QuarantineState::Released;
                entry.since_ms = act.at_ms;
                entry.until_ms = None;
                enter(session, entry, act)?;
            }
            Ok(released)
        })
    }

    /// Every line of that name, released ones too, sorted.
    pub fn quarantine_of(&self, subject: &str) -> Result<Vec<Quarantine>, StoreError> {
        self.read(|session| named(session, subject, None))
    }

    /// Every line in force, sorted by kind, name and part; `all` adds the released ones.
    pub fn quarantines(&self, all: bool) -> Result<Vec<Quarantine>, StoreError> {
        self.read(|session| {
            session.documents(
                "SELECT body FROM quarantine WHERE tenant = ?1 AND (?2 = 1 OR state <> 'released') \
                 ORDER BY kind, subject, part",
                values![i64::from(all)],
            )
        })
    }
}

fn is_promoted(session: &mut Session<'_>, digest: &str) -> Result<bool, StoreError> {
    let newest = session.query(
        "SELECT decision FROM report WHERE tenant = ?1 AND digest = ?2 ORDER BY seq DESC LIMIT 1",
        values![digest],
    )?;
    Ok(newest
        .first()
        .is_some_and(|row| row.text(0) == Ok(Decision::Promote.as_str())))
}

pub(crate) fn named(
    session: &mut Session<'_>,
    subject: &str,
    part: Option<&str>,
) -> Result<Vec<Quarantine>, StoreError> {
    let found: Vec<Quarantine> = session.documents(
        "SELECT body FROM quarantine WHERE tenant = ?1 AND subject = ?2 ORDER BY kind, part",
        values![subject],
    )?;
    let wanted = |entry: &Quarantine| part.is_none_or(|part| entry.part == part);
    Ok(found.into_iter().filter(wanted).collect())
}

/// Whether this very part of the subject is blocked now.
pub(crate) fn is_blocked(
    session: &mut Session<'_>,
    entry: &Quarantine,
) -> Result<bool, StoreError> {
    let found = session.query(
        "SELECT state FROM quarantine WHERE tenant = ?1 AND kind = ?2 AND subject = ?3 AND part = ?4",
        values![entry.kind.as_str(), &entry.subject, &entry.part],
    )?;
    let blocked = QuarantineState::Blocked.as_str();
    Ok(found.first().is_some_and(|row| row.text(0) == Ok(blocked)))
}

pub(crate) fn enter(
    session: &mut Session<'_>,
    entry: &Quarantine,
    act: &Act,
) -> Result<(), StoreError> {
    let body = encode(entry)?;
    session.execute(
        "INSERT INTO quarantine (tenant, kind, subject, part, state, since_ms, until_ms, body) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
         ON CONFLICT (tenant, kind, subject, part) DO UPDATE SET state = excluded.state, \
         since_ms = excluded.since_ms, until_ms = excluded.until_ms, body = excluded.body",
        values![
            entry.kind.as_str(),
            &entry.subject,
            &entry.part,
            entry.state.as_str(),
            entry.since_ms,
            entry.until_ms,
            &body,
        ],
    )?;
    let action = format!("quarantine.{}", entry.state.as_str());
    let object = format!("{} {} {}", entry.kind.as_str(), entry.subject, entry.part);
    session.audit(act, &action, object.trim_end(), &body)?;
    match entry.kind {
        SubjectKind::Skill => Ok(()),
        SubjectKind::Tool => follow(session, entry, act),
    }
}

/// Keeps the promotions in step with the state of one of their tools.
fn follow(session: &mut Session<'_>, entry: &Quarantine, act: &Act) -> Result<(), StoreError> {
    let promotions = promotions::all(session)?;
    let offers = |promotion: &Promotion| promotion.tools.contains(&entry.subject);
    match entry.state {
        QuarantineState::Probing => Ok(()),
        QuarantineState::Blocked => promotions::change(
            session,
            act,
            promotions,
            |promotion| promotion.state != PromotionState::Withdrawn && offers(promotion),
            PromotionState::Withdrawn,
        ),
        QuarantineState::Released => {
            let held = held_tools(session)?;
            promotions::change(
                session,
                act,
                promotions,
                |promotion| {
                    promotion.state == PromotionState::Withdrawn
                        && offers(promotion)
                        && promotion.tools.iter().all(|tool| !held.contains(tool))
                },
                PromotionState::Unexamined,
            )
        }
    }
}

/// The tools of which a quarantine is in force.
pub(crate) fn held_tools(session: &mut Session<'_>) -> Result<BTreeSet<String>, StoreError> {
    let rows = session.query(
        "SELECT subject FROM quarantine WHERE tenant = ?1 AND kind = 'tool' AND state <> 'released'",
        values![],
    )?;
    rows.iter()
        .map(|row| row.text(0).map(str::to_owned))
        .collect::<Result<_, _>>()
        .map_err(|detail| session.damaged(detail))
}

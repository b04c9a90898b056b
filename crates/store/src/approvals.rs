//! Questions to an operator, and the answers; an answer is given once.

use skillgate_model::Approval;

use crate::engine::values;
use crate::tenant::{Session, encode};
use crate::{Act, StoreError, Tenant};

impl Tenant<'_> {
    /// Asks; the same question again changes nothing.
    pub fn request_approval(&self, approval: &Approval, act: &Act) -> Result<(), StoreError> {
        self.write(|session| match find(session, &approval.id)? {
            None => put(session, approval, act, "approval.requested"),
            Some(known) if known.request == approval.request => Ok(()),
            Some(known) => Err(conflict(&known)),
        })
    }

    /// Answers; another answer to what is answered already is refused.
    pub fn decide_approval(
        &self,
        id: &str,
        approved: bool,
        act: &Act,
    ) -> Result<Approval, StoreError> {
        self.write(|session| {
            let known = find(session, id)?.ok_or_else(|| session.not_found("approval", id))?;
            match known.approved {
                Some(before) if before == approved => Ok(known),
                Some(_) => Err(conflict(&known)),
                None if approved && known.requested_by == act.actor => Err(StoreError::Invalid(
                    "a request is approved by somebody else than who made it",
                )),
                None => {
                    let decided = Approval {
                        approved: Some(approved),
                        decided_by: act.actor.clone(),
                        ..known
                    };
                    let action = match approved {
                        true => "approval.approved",
                        false => "approval.rejected",
                    };
                    put(session, &decided, act, action)?;
                    Ok(decided)
                }
            }
        })
    }

    /// Questions, oldest first; `all` adds the answered ones.
    pub fn approvals(&self, all: bool) -> Result<Vec<Approval>, StoreError> {
        self.read(|session| {
            session.documents(
                "SELECT body FROM approval WHERE tenant = ?1 AND (?2 = 1 OR state = 'pending') \
                 ORDER BY at_ms, id",
                values![i64::from(all)],
            )
        })
    }
}

fn find(session: &mut Session<'_>, id: &str) -> Result<Option<Approval>, StoreError> {
    let found = session.documents(
        "SELECT body FROM approval WHERE tenant = ?1 AND id = ?2",
        values![id],
    )?;
    Ok(found.into_iter().next())
}

fn put(
    session: &mut Session<'_>,
    approval: &Approval,
    act: &Act,
    action: &str,
) -> Result<(), StoreError> {
    let body = encode(approval)?;
    let state = match approval.approved {
        None => "pending",
        Some(true) => "approved",
        Some(false) => "rejected",
    };
    session.execute(
        "INSERT INTO approval (tenant, id, state, at_ms, body) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (tenant, id) DO UPDATE SET state = excluded.state, body = excluded.body",
        values![&approval.id, state, approval.requested_at_ms, &body],
    )?;
    session.audit(act, action, &format!("approval {}", approval.id), &body)
}

fn conflict(known: &Approval) -> StoreError {
    StoreError::Conflict {
        what: "approval",
        key: known.id.clone(),
    }
}

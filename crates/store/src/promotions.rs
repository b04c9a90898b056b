//! The lock: what was let through, to where, and whether it may still be used.

use skillgate_model::{Promotion, PromotionState};

use crate::engine::values;
use crate::tenant::{Session, encode};
use crate::{Act, StoreError, Tenant, quarantine};

impl Tenant<'_> {
    /// Locks what was promoted; what stood at the same destination is replaced.
    ///
    /// It begins withdrawn where a quarantine of one of its tools is in force.
    pub fn promote(&self, promotion: &Promotion, act: &Act) -> Result<(), StoreError> {
        self.write(|session| {
            let held = quarantine::held_tools(session)?;
            let mut promotion = promotion.clone();
            if promotion.tools.iter().any(|tool| held.contains(tool)) {
                promotion.state = PromotionState::Withdrawn;
            }
            put(session, &promotion, act, "promotion.added")
        })
    }

    /// The lock, sorted by destination.
    pub fn promotions(&self) -> Result<Vec<Promotion>, StoreError> {
        self.read(all)
    }

    /// The entries of one digest, sorted by destination.
    pub fn promotions_of(&self, digest: &str) -> Result<Vec<Promotion>, StoreError> {
        self.read(|session| of(session, digest))
    }
}

pub(crate) fn of(session: &mut Session<'_>, digest: &str) -> Result<Vec<Promotion>, StoreError> {
    session.documents(
        "SELECT body FROM promotion WHERE tenant = ?1 AND digest = ?2 ORDER BY destination",
        values![digest],
    )
}

pub(crate) fn all(session: &mut Session<'_>) -> Result<Vec<Promotion>, StoreError> {
    session.documents(
        "SELECT body FROM promotion WHERE tenant = ?1 ORDER BY destination",
        values![],
    )
}

fn put(
    session: &mut Session<'_>,
    promotion: &Promotion,
    act: &Act,
    action: &str,
) -> Result<(), StoreError> {
    let body = encode(promotion)?;
    session.execute(
        "INSERT INTO promotion (tenant, skill, digest, destination, state, at_ms, body) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
         ON CONFLICT (tenant, destination) DO UPDATE SET skill = excluded.skill, \
         digest = excluded.digest, state = excluded.state, at_ms = excluded.at_ms, body = excluded.body",
        values![
            &promotion.skill,
            &promotion.digest,
            &promotion.destination,
            promotion.state.as_str(),
            promotion.at_ms,
            &body,
        ],
    )?;
    let object = format!("skill {} {}", promotion.skill, promotion.digest);
    session.audit(act, action, &object, &body)
}

/// Moves every one of these entries that `which` picks to another state.
pub(crate) fn change(
    session: &mut Session<'_>,
    act: &Act,
    promotions: Vec<Promotion>,
    which: impl Fn(&Promotion) -> bool,
    to: PromotionState,
) -> Result<(), StoreError> {
    for mut promotion in promotions {
        if which(&promotion) {
            promotion.state = to;
            put(
                session,
                &promotion,
                act,
                &format!("promotion.{}", to.as_str()),
            )?;
        }
    }
    Ok(())
}

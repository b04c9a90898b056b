//! Releases: skills are examined again first, and so is what a released tool had withdrawn.

use std::fmt::Write;
use std::process::ExitCode;

use anyhow::bail;
use serde_json::json;
use skillgate_immune::Counter;
use skillgate_model::{Promotion, PromotionState, QuarantineState, SubjectKind};
use skillgate_store::{Act, Store, StoreError, Tenant};

use crate::commands::again::Again;
use crate::commands::rows::{Rows, plain};
use crate::commands::{say, telemetry};

/// Something that a release should have freed stays withdrawn.
const WITHDRAWN: u8 = 1;

/// What is to be released, and how it is examined.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) name: &'a str,
    pub(crate) part: Option<&'a str>,
    pub(crate) static_only: bool,
}

/// Releases what stands in the list under a name, and promotes again what waited for it.
pub(crate) fn release(
    rows: &Rows,
    store: &Store,
    wanted: &Wanted<'_>,
    act: &Act,
) -> anyhow::Result<ExitCode> {
    let tenant = store.tenant(rows.tenant());
    let again = Again {
        rows,
        store,
        static_only: wanted.static_only,
    };
    for entry in tenant.quarantine_of(wanted.name)? {
        let meant = wanted.part.is_none_or(|part| entry.part == part);
        let in_force = entry.state != QuarantineState::Released;
        if meant && in_force && entry.kind == SubjectKind::Skill {
            again.quarantined(&entry)?;
        }
    }
    let released = match tenant.release(wanted.name, wanted.part, act) {
        Err(StoreError::NotFound { .. }) if waits(&tenant, wanted.name)? => Vec::new(),
        outcome => outcome?,
    };
    let counters = released.iter().map(|_| Counter::QuarantineReleased);
    telemetry::count(rows.tenant(), counters);
    let mut text = String::new();
    for entry in &released {
        let (kind, name) = (entry.kind.as_str(), plain(&entry.subject));
        let _ = writeln!(text, "released {kind} {name}");
    }
    let (mut promoted, mut withdrawn) = (Vec::new(), Vec::new());
    for promotion in waiting(&tenant, wanted.name)? {
        match again.promoted(&promotion) {
            Ok(()) => {
                let name = plain(&promotion.skill);
                let _ = writeln!(text, "promoted skill {name} again");
                promoted.push(promotion.skill);
            }
            Err(error) => {
                say(format_args!(
                    "`{}` stays withdrawn: {error:#}",
                    promotion.skill.escape_debug()
                ));
                withdrawn.push(promotion.skill);
            }
        }
    }
    let record = json!({ "released": released, "promoted": promoted, "withdrawn": withdrawn });
    rows.print(&record, &text)?;
    Ok(match withdrawn.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(WITHDRAWN),
    })
}

/// Promotions that wait for an examination, by the name of the skill or of a tool it offers.
fn waiting(tenant: &Tenant<'_>, name: &str) -> Result<Vec<Promotion>, StoreError> {
    let mut promotions = tenant.promotions()?;
    promotions.retain(|promotion| {
        promotion.state == PromotionState::Unexamined
            && (promotion.skill == name || promotion.tools.iter().any(|tool| tool == name))
    });
    Ok(promotions)
}

/// Whether only an examination is missing; an error names the tool that has to be released instead.
fn waits(tenant: &Tenant<'_>, name: &str) -> anyhow::Result<bool> {
    let blocked = tenant.quarantines(false)?;
    for promotion in tenant.promotions()? {
        let withdrawn = promotion.state == PromotionState::Withdrawn && promotion.skill == name;
        let holds = blocked.iter().find(|entry| {
            entry.kind == SubjectKind::Tool && promotion.tools.contains(&entry.subject)
        });
        if let Some(entry) = holds.filter(|_| withdrawn) {
            bail!(
                "`{}` is withdrawn because of its tool `{}`: release that",
                plain(name),
                plain(&entry.subject)
            );
        }
    }
    Ok(!waiting(tenant, name)?.is_empty())
}

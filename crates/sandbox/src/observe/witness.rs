//! The second witness: what Python's own hooks must have seen too, unless somebody went around them.

use std::collections::BTreeSet;

use skillgate_model::{Effect, EffectKind, Observation};

use super::base;
use super::places::DECOYS;

/// Names of files opened, as the hooks tell them; more are not compared.
const MOST: usize = 1000;
/// Files of others: no library opens them on its own account, below Python and unseen by its hooks.
const SECRETS: [&str; 6] = [
    "/etc/shadow",
    "/etc/gshadow",
    "/root",
    "/home",
    "/run/secrets",
    "/var/run/secrets",
];

/// Parts of paths whose opening the harness tells.
pub(crate) fn telling() -> BTreeSet<&'static str> {
    let decoys = DECOYS.iter().map(|(path, _)| base(path));
    let folders = [
        ".ssh",
        ".aws",
        ".kube",
        ".mozilla",
        "gcloud",
        "google-chrome",
    ];
    decoys.chain(folders).chain(SECRETS).collect()
}

/// Whether both witnesses must have seen it: what nobody does by a library below Python.
pub fn needs_two_witnesses(seen: &Observation) -> bool {
    let secret = |path: &String| {
        let below = |top: &str| {
            path.strip_prefix(top)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        SECRETS.iter().any(|top| below(top))
    };
    match seen.effect.kind {
        EffectKind::NetworkConnect
        | EffectKind::NetworkListen
        | EffectKind::ProcessSpawn
        | EffectKind::NativeLoad => true,
        EffectKind::FilesystemRead => {
            seen.decoy || seen.effect.resource.as_ref().is_some_and(secret)
        }
        EffectKind::FilesystemWrite | EffectKind::FilesystemDelete => {
            !seen.allowed && seen.effect.resource.is_some()
        }
        EffectKind::NetworkResolve
        | EffectKind::ProcessControl
        | EffectKind::EnvRead
        | EffectKind::EnvWrite
        | EffectKind::CodeEval
        | EffectKind::CodeImport => false,
    }
}

/// What the hooks told of files.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Last parts of paths, since a path may be relative to anything.
    names: BTreeSet<String>,
    /// Processes that the skill starts by forking have hooks, and nobody whom they tell.
    forked: bool,
}

impl Heard {
    pub(super) fn opened(&mut self, name: &str) {
        if self.names.len() < MOST {
            self.names.insert(name.chars().take(256).collect());
        } else {
            self.forked = true;
        }
    }

    pub(super) const fn forked(&mut self) {
        self.forked = true;
    }

    /// Puts a second witness beside each file that the hooks saw opened; where they could not see all, beside every one.
    pub(super) fn confirm(&self, found: &mut Vec<Observation>) {
        let witness = if self.forked { "fork" } else { "audit" };
        let seen_too = |seen: &&Observation| {
            let name = base(seen.effect.resource.as_deref().unwrap_or_default());
            // A database opens files beside its own.
            let told = || {
                let mut names = self.names.iter();
                names.any(|told| !told.is_empty() && name.starts_with(told.as_str()))
            };
            is_of_a_file(&seen.effect) && needs_two_witnesses(seen) && (self.forked || told())
        };
        let room = super::MOST.saturating_sub(found.len());
        let confirmed: Vec<Observation> =
            found.iter().filter(seen_too).take(room).cloned().collect();
        found.extend(confirmed.into_iter().map(|seen| Observation {
            witness: witness.to_owned(),
            ..seen
        }));
        found.sort_by(|one, other| key(one).cmp(&key(other)));
    }
}

type Key<'a> = (&'a Effect, bool, &'a str, bool);

fn key(seen: &Observation) -> Key<'_> {
    (&seen.effect, seen.allowed, &seen.witness, seen.decoy)
}

const fn is_of_a_file(effect: &Effect) -> bool {
    matches!(
        effect.kind,
        EffectKind::FilesystemRead
            | EffectKind::FilesystemWrite
            | EffectKind::FilesystemDelete
            | EffectKind::NativeLoad
    )
}

//! Why the store could not do what it was asked.

use std::io;
use std::path::PathBuf;

/// Everything that can go wrong in the store; each text says what to do next where that is known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The folder could not be made or entered.
    #[error("store folder `{}` cannot be used", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database cannot be written.
    #[error("store `{place}` cannot be opened for writing; give another place or make it writable")]
    ReadOnly {
        /// File or address.
        place: String,
    },
    /// The disk is full.
    #[error("disk of store `{place}` is full; nothing of this change was written")]
    Full {
        /// File or address.
        place: String,
    },
    /// The file is damaged, or no database at all.
    #[error(
        "store `{place}` is damaged ({detail}); keep the file, and restore a backup with `skillgate store restore`"
    )]
    Corrupt {
        /// File or address.
        place: String,
        /// What is wrong.
        detail: String,
    },
    /// Others held the lock for longer than is waited.
    #[error("store `{place}` is locked by another process; waited {waited_ms} ms")]
    Busy {
        /// File or address.
        place: String,
        /// Milliseconds.
        waited_ms: u64,
    },
    /// A newer skillgate wrote it.
    #[error(
        "store `{place}` has schema version {found}, this skillgate knows up to {known}; use the newer skillgate"
    )]
    SchemaNewer {
        /// File or address.
        place: String,
        /// The version found.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// The database belongs to something else.
    #[error("`{place}` is a database, but not a skillgate store")]
    NotAStore {
        /// File or address.
        place: String,
    },
    /// Nothing has that name.
    #[error("no {what} `{}` for tenant `{tenant}`", key.escape_debug())]
    NotFound {
        /// `report`, `quarantined skill`, …
        what: &'static str,
        /// What was asked for.
        key: String,
        /// Whose.
        tenant: String,
    },
    /// Several have that beginning.
    #[error("{what} `{}` is ambiguous: {}", key.escape_debug(), candidates.join(", "))]
    Ambiguous {
        /// `report`, `anomaly`, …
        what: &'static str,
        /// What was asked for.
        key: String,
        /// The first few that fit.
        candidates: Vec<String>,
    },
    /// The same name with another content; what is there stays.
    #[error("{what} `{}` exists with another content", key.escape_debug())]
    Conflict {
        /// `report`, …
        what: &'static str,
        /// Its name.
        key: String,
    },
    /// The newest report on the skill does not promote it.
    #[error(
        "skill `{}` is released only after a new examination promotes it: `skillgate scan PATH`",
        skill.escape_debug()
    )]
    Unexamined {
        /// Its name.
        skill: String,
    },
    /// A key of the audit trail cannot be made or read.
    #[error("audit key `{}` cannot be used: {reason}", path.display())]
    Key {
        /// Its file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// TLS was asked for and cannot be had; nothing was sent in plain text.
    #[error("no encrypted connection can be made: {0}")]
    Tls(String),
    /// A request that can never hold, for instance without an actor.
    #[error("{0}")]
    Invalid(&'static str),
    /// A record that cannot be written as JSON.
    #[error("record cannot be written as JSON")]
    Encode(#[source] serde_json::Error),
    /// An export or import could not be written or read.
    #[error("export cannot be written or read")]
    Transfer(#[source] std::io::Error),
    /// Anything else the database says.
    #[error("store `{place}` failed")]
    Database {
        /// File or address.
        place: String,
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

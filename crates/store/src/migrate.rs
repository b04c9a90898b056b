//! The schema's versions: forward only, one file each, never edited once released.

/// One step of the schema.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    /// From 1, without gaps.
    pub(crate) version: i64,
    /// Its file's name.
    pub(crate) name: &'static str,
    /// Statements every engine understands.
    pub(crate) sql: &'static str,
}

/// Oldest first; a new one is appended.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "gate",
        sql: include_str!("../migrations/0001_gate.sql"),
    },
    Migration {
        version: 2,
        name: "immune",
        sql: include_str!("../migrations/0002_immune.sql"),
    },
];

/// Holds one row for each migration that was applied.
pub(crate) const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS skillgate_schema \
     (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)";

/// The newest version that was applied.
pub(crate) const NEWEST: &str = "SELECT coalesce(max(version), 0) FROM skillgate_schema";

/// Notes one migration as applied.
pub(crate) const APPLIED: &str = "INSERT INTO skillgate_schema (version, name) VALUES (?1, ?2)";

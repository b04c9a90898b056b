//! Opening a store, and what concerns all tenants at once.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use skillgate_model::TenantId;

use crate::engine::{Access, Engine, damaged, values};
use crate::postgresql::Postgres;
use crate::sqlite::Sqlite;
use crate::{StoreError, Tenant};

/// The file inside the store's folder.
const FILE: &str = "skillgate.db";

/// One store, shared by threads; several processes may have it open.
pub struct Store {
    engine: Mutex<Box<dyn Engine>>,
}

impl Store {
    /// Opens the store in a folder, and makes both where they are missing.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        prepare(folder).map_err(|source| StoreError::Folder {
            path: folder.to_owned(),
            source,
        })?;
        let engine = Sqlite::open(&folder.join(FILE))?;
        Ok(Self {
            engine: Mutex::new(Box::new(engine)),
        })
    }

    /// Connects to a PostgreSQL that several gates share: `postgresql://user@host/database`.
    pub fn connect(url: &str) -> Result<Self, StoreError> {
        Ok(Self {
            engine: Mutex::new(Box::new(Postgres::connect(url)?)),
        })
    }

    /// [`Store::connect`] for a `postgresql://` address, [`Store::open`] for anything else.
    pub fn at(place: &str) -> Result<Self, StoreError> {
        match Self::is_address(place) {
            true => Self::connect(place),
            false => Self::open(Path::new(place)),
        }
    }

    /// Whether a place is the address of a PostgreSQL and no folder.
    pub fn is_address(place: &str) -> bool {
        place.starts_with("postgresql://") || place.starts_with("postgres://")
    }

    /// The place as it may be shown: without a password.
    pub fn shown(place: &str) -> String {
        let (scheme, rest) = place.split_once("://").unwrap_or(("", place));
        let rest = rest
            .split_once("password=")
            .map_or(rest, |(before, _)| before);
        let shown = match rest.rsplit_once('@') {
            Some((user, rest)) => {
                let user = user.split_once(':').map_or(user, |(name, _)| name);
                format!("{user}@{rest}")
            }
            None => rest.to_owned(),
        };
        match Self::is_address(place) {
            true => format!("{scheme}://{shown}"),
            false => place.to_owned(),
        }
    }

    /// Puts a backup in the place of the store; what stood there is kept beside it.
    ///
    /// Gives where the old file went. No other process may have the store open.
    pub fn restore(
        backup: &Path,
        folder: &Path,
        now_ms: i64,
    ) -> Result<Option<PathBuf>, StoreError> {
        let failed = |source| StoreError::Folder {
            path: folder.to_owned(),
            source,
        };
        prepare(folder).map_err(failed)?;
        let fresh = folder.join(format!("{FILE}.restored"));
        fs::copy(backup, &fresh).map_err(failed)?;
        let copy = Self {
            engine: Mutex::new(Box::new(Sqlite::open(&fresh)?)),
        };
        if let Some(detail) = copy.check()?.into_iter().next() {
            return Err(damaged(&backup.display().to_string())(detail));
        }
        drop(copy);
        let kept = folder.join(format!("{FILE}.before-{now_ms}"));
        let mut moved = None;
        for suffix in ["-wal", "-shm", ""] {
            let old = folder.join(format!("{FILE}{suffix}"));
            if old.try_exists().map_err(failed)? {
                fs::rename(&old, format!("{}{suffix}", kept.display())).map_err(failed)?;
                moved = Some(kept.clone());
            }
        }
        fs::rename(&fresh, folder.join(FILE)).map_err(failed)?;
        Ok(moved)
    }

    /// The rows of one tenant.
    pub fn tenant<'a>(&'a self, tenant: &'a TenantId) -> Tenant<'a> {
        Tenant::new(self, tenant)
    }

    /// The file or address.
    pub fn place(&self) -> String {
        self.engine().place().to_owned()
    }

    /// Everybody who has an audit trail, sorted.
    pub fn tenants(&self) -> Result<Vec<TenantId>, StoreError> {
        let mut engine = self.engine();
        let mut transaction = engine.begin(Access::Read)?;
        let rows = transaction.query(
            "SELECT DISTINCT tenant FROM audit ORDER BY tenant",
            values![],
        )?;
        rows.iter()
            .map(|row| row.text(0)?.parse().map_err(|error| format!("{error}")))
            .collect::<Result<_, String>>()
            .map_err(damaged(transaction.place()))
    }

    /// Every fault of the database and of each audit chain; empty when all is well.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        let mut faults = self.engine().check()?;
        for tenant in self.tenants()? {
            if let Err(fault) = self.tenant(&tenant).verify_audit()? {
                faults.push(format!("audit of tenant `{tenant}`: {fault}"));
            }
        }
        Ok(faults)
    }

    /// Copies the store to a new file while others write to it.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        match to.try_exists() {
            Ok(false) => self.engine().backup(to),
            _ => Err(StoreError::Invalid(
                "a backup goes to a file that does not exist yet",
            )),
        }
    }

    /// A panic inside a transaction undoes it, so the connection behind a poisoned lock is sound.
    pub(crate) fn engine(&self) -> MutexGuard<'_, Box<dyn Engine>> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the folder private, and keeps it out of version control.
fn prepare(folder: &Path) -> io::Result<()> {
    if !folder.is_dir() {
        if let Some(parent) = folder
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
        {
            fs::create_dir_all(parent)?;
        }
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            outcome => outcome?,
        }
    }
    let ignore = folder.join(".gitignore");
    match fs::metadata(&ignore) {
        Ok(metadata) if metadata.len() > 0 => Ok(()),
        _ => fs::write(ignore, "*\n"),
    }
}

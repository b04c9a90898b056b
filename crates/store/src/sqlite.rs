//! The embedded engine: SQLite in WAL mode, every commit on disk before it is acknowledged.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params_from_iter};

use crate::StoreError;
use crate::engine::{Access, Engine, Row, Transaction, Value};
use crate::migrate::{APPLIED, MIGRATIONS, Migration, NEWEST, VERSIONS};

/// How long a lock is waited for; a verdict is written in well under a millisecond.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// "sgat", so that a database of something else is never migrated.
const APPLICATION_ID: i64 = 0x7367_6174;

/// One open file.
pub(crate) struct Sqlite {
    place: String,
    connection: Connection,
}

impl Sqlite {
    /// Opens or creates the file and brings its schema up to date.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let place = path.display().to_string();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(path, flags).map_err(|error| explain(&place, error))?;
        let mut engine = Self { place, connection };
        engine
            .configure()
            .map_err(|error| explain(&engine.place, error))?;
        engine.own()?;
        engine.migrate(MIGRATIONS)?;
        Ok(engine)
    }

    fn configure(&self) -> rusqlite::Result<()> {
        self.connection.busy_timeout(LOCK_WAIT)?;
        // Without this a statement is planned anew for each value that is bound to it.
        self.connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        self.use_wal()?;
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        self.connection
            .pragma_update(None, "trusted_schema", "OFF")?;
        self.connection.pragma_update(None, "cell_size_check", "ON")
    }

    /// The change to WAL does not ask the busy handler when two processes create one store.
    fn use_wal(&self) -> rusqlite::Result<()> {
        let began = Instant::now();
        loop {
            match self.connection.pragma_update(None, "journal_mode", "WAL") {
                Err(error) if is_busy(&error) && began.elapsed() < LOCK_WAIT => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                outcome => return outcome,
            }
        }
    }

    /// Refuses a database that holds tables of something else.
    fn own(&self) -> Result<(), StoreError> {
        let ask = |sql| {
            self.connection
                .query_row(sql, [], |row| row.get::<_, i64>(0))
        };
        let id = ask("PRAGMA application_id").map_err(|error| explain(&self.place, error))?;
        let tables = ask("SELECT count(*) FROM sqlite_schema")
            .map_err(|error| explain(&self.place, error))?;
        match (id, tables) {
            (APPLICATION_ID, _) | (0, 0) => Ok(()),
            _ => Err(StoreError::NotAStore {
                place: self.place.clone(),
            }),
        }
    }

    /// 0 where no migration was ever applied.
    fn version(connection: &Connection) -> rusqlite::Result<i64> {
        let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'skillgate_schema'";
        match connection.query_row(tables, [], |row| row.get::<_, i64>(0))? {
            0 => Ok(0),
            _ => connection.query_row(NEWEST, [], |row| row.get(0)),
        }
    }
}

impl Engine for Sqlite {
    fn place(&self) -> &str {
        &self.place
    }

    fn begin(&mut self, access: Access) -> Result<Box<dyn Transaction + '_>, StoreError> {
        let behavior = match access {
            Access::Read => TransactionBehavior::Deferred,
            Access::Write => TransactionBehavior::Immediate,
        };
        let inner = self
            .connection
            .transaction_with_behavior(behavior)
            .map_err(|error| explain(&self.place, error))?;
        Ok(Box::new(SqliteTransaction {
            place: &self.place,
            inner,
        }))
    }

    fn migrate(&mut self, steps: &[Migration]) -> Result<(), StoreError> {
        let place = &self.place;
        let explain = |error| explain(place, error);
        let known = steps.last().map_or(0, |step| step.version);
        if Self::version(&self.connection).map_err(explain)? == known {
            return Ok(());
        }
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(explain)?;
        transaction.execute_batch(VERSIONS).map_err(explain)?;
        let found = Self::version(&transaction).map_err(explain)?;
        if found > known {
            return Err(StoreError::SchemaNewer {
                place: place.clone(),
                found,
                known,
            });
        }
        for step in steps.iter().filter(|step| step.version > found) {
            transaction.execute_batch(step.sql).map_err(explain)?;
            transaction
                .execute(APPLIED, (step.version, step.name))
                .map_err(explain)?;
        }
        transaction
            .pragma_update(None, "application_id", APPLICATION_ID)
            .map_err(explain)?;
        transaction.commit().map_err(explain)
    }

    fn backup(&mut self, to: &Path) -> Result<(), StoreError> {
        let explain = |error| explain(&to.display().to_string(), error);
        let mut copy = Connection::open(to).map_err(explain)?;
        let backup = rusqlite::backup::Backup::new(&self.connection, &mut copy).map_err(explain)?;
        backup
            .run_to_completion(1024, Duration::ZERO, None)
            .map_err(explain)
    }

    fn check(&mut self) -> Result<Vec<String>, StoreError> {
        let explain = |error| explain(&self.place, error);
        let mut statement = self
            .connection
            .prepare("PRAGMA integrity_check(20)")
            .map_err(explain)?;
        let lines = statement.query_map([], |row| row.get(0)).map_err(explain)?;
        let lines = lines.collect::<Result<Vec<String>, _>>().map_err(explain)?;
        Ok(lines.into_iter().filter(|line| line != "ok").collect())
    }
}

struct SqliteTransaction<'a> {
    place: &'a str,
    inner: rusqlite::Transaction<'a>,
}

impl Transaction for SqliteTransaction<'_> {
    fn place(&self) -> &str {
        self.place
    }

    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let run = || {
            self.inner
                .prepare_cached(sql)?
                .execute(params_from_iter(values))
        };
        let changed = run().map_err(|error| explain(self.place, error))?;
        Ok(changed as u64)
    }

    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let run = || {
            let mut statement = self.inner.prepare_cached(sql)?;
            let width = statement.column_count();
            let mut rows = statement.query(params_from_iter(values))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let columns = (0..width).map(|column| read(row.get_ref(column)?));
                found.push(Row(columns.collect::<rusqlite::Result<_>>()?));
            }
            Ok(found)
        };
        run().map_err(|error| explain(self.place, error))
    }

    fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let place = self.place;
        self.inner.commit().map_err(|error| explain(place, error))
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(rusqlite::types::ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

fn read(value: ValueRef<'_>) -> rusqlite::Result<Value> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Text(_) => Value::Text(value.as_str()?.to_owned()),
        ValueRef::Real(_) | ValueRef::Blob(_) => Value::Text("unexpected type".to_owned()),
    })
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

fn explain(place: &str, error: rusqlite::Error) -> StoreError {
    let place = place.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            StoreError::ReadOnly { place }
        }
        Some(ErrorCode::DiskFull) => StoreError::Full { place },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt {
            place,
            detail: error.to_string(),
        },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy {
            place,
            waited_ms: LOCK_WAIT.as_millis() as u64,
        },
        _ => StoreError::Database {
            place,
            source: Box::new(error),
        },
    }
}

//! The engine for a fleet: PostgreSQL, where a lost connection is made again.

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::time::Duration;

use postgres::config::Host;
use postgres::error::SqlState;
use postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut};
use postgres::{Client, Config, IsolationLevel, NoTls, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::StoreError;
use crate::engine::{Access, Engine, Row, Transaction, Value};
use crate::migrate::{APPLIED, MIGRATIONS, Migration, NEWEST, VERSIONS};
use crate::tls::Address;

/// How long the only writer's lock is waited for.
const LOCK_WAIT_MS: u64 = 10_000;

/// How long a server may take to answer a connection.
const CONNECT_WAIT: Duration = Duration::from_secs(5);

/// "sgat": the advisory lock that makes a transaction the only writer.
const LOCK: i64 = 0x7367_6174;

/// A commit is acknowledged when it is on disk, and all tables live in a schema of their own.
const SESSION: &str = "-c search_path=skillgate -c synchronous_commit=on";

/// One connection, made again when it is lost.
pub(crate) struct Postgres {
    place: String,
    config: Config,
    tls: Option<MakeRustlsConnect>,
    connection: Option<Connection>,
}

/// A client and what it has prepared.
struct Connection {
    client: Client,
    statements: HashMap<String, Statement>,
}

impl Postgres {
    /// Connects and brings the schema up to date.
    pub(crate) fn connect(url: &str) -> Result<Self, StoreError> {
        let Address { mut config, tls } = Address::read(url)?;
        config.options(SESSION).connect_timeout(CONNECT_WAIT);
        let mut engine = Self {
            place: place(&config),
            config,
            tls,
            connection: None,
        };
        engine.migrate(MIGRATIONS)?;
        Ok(engine)
    }

    fn connection(&mut self) -> Result<(&str, &mut Connection), StoreError> {
        let alive = |connection: &Connection| !connection.client.is_closed();
        if !self.connection.as_ref().is_some_and(alive) {
            let client = match &self.tls {
                Some(tls) => self.config.connect(tls.clone()),
                None => self.config.connect(NoTls),
            };
            let client = client.map_err(|error| explain(&self.place, error))?;
            self.connection = Some(Connection {
                client,
                statements: HashMap::new(),
            });
        }
        let connection = self.connection.as_mut().expect("it was just made");
        Ok((&self.place, connection))
    }

    fn start(&mut self, access: Access) -> Result<PostgresTransaction<'_>, StoreError> {
        let (place, connection) = self.connection()?;
        let mut builder = connection.client.build_transaction();
        if access == Access::Read {
            builder = builder
                .isolation_level(IsolationLevel::RepeatableRead)
                .read_only(true);
        }
        let mut inner = builder.start().map_err(|error| explain(place, error))?;
        if access == Access::Write {
            let lock = format!(
                "SET LOCAL lock_timeout = {LOCK_WAIT_MS}; SELECT pg_advisory_xact_lock({LOCK})"
            );
            inner
                .batch_execute(&lock)
                .map_err(|error| explain(place, error))?;
        }
        Ok(PostgresTransaction {
            place,
            inner,
            statements: &mut connection.statements,
        })
    }
}

impl Engine for Postgres {
    fn place(&self) -> &str {
        &self.place
    }

    fn begin(&mut self, access: Access) -> Result<Box<dyn Transaction + '_>, StoreError> {
        // A server that went away is only noticed when it is asked.
        let closed =
            |connection: &mut Connection| connection.client.is_valid(CONNECT_WAIT).is_err();
        if self.connection.as_mut().is_some_and(closed) {
            self.connection = None;
        }
        Ok(Box::new(self.start(access)?))
    }

    fn migrate(&mut self, steps: &[Migration]) -> Result<(), StoreError> {
        let known = steps.last().map_or(0, |step| step.version);
        let mut transaction = self.start(Access::Write)?;
        let place = transaction.place;
        let explain = |error| explain(place, error);
        let tables = "SELECT count(*) FROM information_schema.tables \
                      WHERE table_schema = 'skillgate' AND table_name = 'skillgate_schema'";
        let exists = transaction.inner.query_one(tables, &[]).map_err(explain)?;
        if exists.get::<_, i64>(0) == 0 {
            let create = format!(
                "CREATE SCHEMA IF NOT EXISTS skillgate; {}",
                portable(VERSIONS)
            );
            transaction.inner.batch_execute(&create).map_err(explain)?;
        }
        let found: i64 = transaction
            .inner
            .query_one(NEWEST, &[])
            .map_err(explain)?
            .get(0);
        if found > known {
            return Err(StoreError::SchemaNewer {
                place: place.to_owned(),
                found,
                known,
            });
        }
        for step in steps.iter().filter(|step| step.version > found) {
            transaction
                .inner
                .batch_execute(&portable(step.sql))
                .map_err(explain)?;
            let values = [
                Value::Integer(step.version),
                Value::Text(step.name.to_owned()),
            ];
            transaction.execute(APPLIED, &values)?;
        }
        transaction.inner.commit().map_err(explain)
    }

    fn backup(&mut self, _to: &Path) -> Result<(), StoreError> {
        Err(StoreError::Invalid(
            "PostgreSQL is backed up with `pg_dump`, or moved with `skillgate store export`",
        ))
    }

    /// PostgreSQL checks its own pages as it reads them, so reading everything is the check.
    fn check(&mut self) -> Result<Vec<String>, StoreError> {
        let (place, connection) = self.connection()?;
        let tables = "SELECT format('%I', table_name) FROM information_schema.tables \
                      WHERE table_schema = 'skillgate' ORDER BY table_name";
        let tables = connection
            .client
            .query(tables, &[])
            .map_err(|error| explain(place, error))?;
        let mut faults = Vec::new();
        for table in tables {
            let table: String = table.get(0);
            let read = format!("SELECT count(row_to_json(t)::text) FROM {table} t");
            if let Err(error) = connection.client.query(&read, &[]) {
                faults.push(format!("table `{table}`: {error}"));
            }
        }
        Ok(faults)
    }
}

struct PostgresTransaction<'a> {
    place: &'a str,
    inner: postgres::Transaction<'a>,
    statements: &'a mut HashMap<String, Statement>,
}

impl PostgresTransaction<'_> {
    fn statement(&mut self, sql: &str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let prepared = self.inner.prepare(&sql.replace('?', "$"));
        let statement = prepared.map_err(|error| explain(self.place, error))?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

fn parameters(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    let parameter = |value| value as &(dyn ToSql + Sync);
    values.iter().map(parameter).collect()
}

impl Transaction for PostgresTransaction<'_> {
    fn place(&self) -> &str {
        self.place
    }

    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let statement = self.statement(sql)?;
        self.inner
            .execute(&statement, &parameters(values))
            .map_err(|error| explain(self.place, error))
    }

    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let statement = self.statement(sql)?;
        let rows = self
            .inner
            .query(&statement, &parameters(values))
            .map_err(|error| explain(self.place, error))?;
        rows.iter()
            .map(|row| (0..row.len()).map(|column| row.try_get(column)).collect())
            .map(|columns: Result<_, _>| columns.map(Row))
            .collect::<Result<_, _>>()
            .map_err(|error| explain(self.place, error))
    }

    fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let place = self.place;
        self.inner.commit().map_err(|error| explain(place, error))
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            // A parameter that is compared with a small constant is taken for a small number.
            Self::Integer(number) if *kind == Type::INT4 => {
                i32::try_from(*number)?.to_sql(kind, out)
            }
            Self::Integer(number) => number.to_sql(kind, out),
            Self::Text(text) => text.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::TEXT, Type::VARCHAR].contains(kind)
    }

    postgres::types::to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        match *kind {
            Type::INT8 => Ok(Self::Integer(i64::from_sql(kind, raw)?)),
            Type::INT4 => Ok(Self::Integer(i32::from_sql(kind, raw)?.into())),
            _ => Ok(Self::Text(String::from_sql(kind, raw)?)),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(kind: &Type) -> bool {
        <Self as ToSql>::accepts(kind)
    }
}

/// Texts are ordered by their bytes, as SQLite orders them, whatever the server's language is.
fn portable(sql: &str) -> String {
    sql.replace(" TEXT", " TEXT COLLATE \"C\"")
}

/// The address without its password.
fn place(config: &Config) -> String {
    let host = |host: &Host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    };
    let hosts: Vec<_> = config.get_hosts().iter().map(host).collect();
    format!(
        "postgresql://{}/{}",
        hosts.join(","),
        config.get_dbname().unwrap_or_default()
    )
}

fn explain(place: &str, error: postgres::Error) -> StoreError {
    let place = place.to_owned();
    let code = error.code();
    match code {
        Some(code) if *code == SqlState::DISK_FULL => StoreError::Full { place },
        Some(code) if *code == SqlState::READ_ONLY_SQL_TRANSACTION => {
            StoreError::ReadOnly { place }
        }
        Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => StoreError::Busy {
            place,
            waited_ms: LOCK_WAIT_MS,
        },
        Some(code) if [SqlState::DATA_CORRUPTED, SqlState::INDEX_CORRUPTED].contains(code) => {
            StoreError::Corrupt {
                place,
                detail: error.to_string(),
            }
        }
        _ => StoreError::Database {
            place,
            source: Box::new(error),
        },
    }
}

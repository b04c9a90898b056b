//! The handle through which every row is read and written.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde::de::DeserializeOwned;
use skillgate_model::TenantId;

use crate::engine::{Access, Row, Transaction, Value, damaged, values};
use crate::{Store, StoreError, audit};

/// How many candidates an ambiguous key names.
const CANDIDATES: i64 = 5;

/// Who changes something, why and when; it goes into the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Who; never empty.
    pub actor: String,
    /// Why; may be empty where the record says it.
    pub reason: String,
    /// Milliseconds since 1970.
    pub at_ms: i64,
}

impl Act {
    /// An act at this moment.
    pub fn now(actor: impl Into<String>, reason: impl Into<String>) -> Self {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            actor: actor.into(),
            reason: reason.into(),
            at_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        }
    }
}

/// The rows of one tenant; no other tenant's row is reachable through it.
#[derive(Clone, Copy)]
pub struct Tenant<'a> {
    store: &'a Store,
    id: &'a TenantId,
}

impl<'a> Tenant<'a> {
    pub(crate) fn new(store: &'a Store, id: &'a TenantId) -> Self {
        Self { store, id }
    }

    /// Whose rows these are.
    pub fn id(&self) -> &TenantId {
        self.id
    }

    /// Runs `work` as the only writer; its changes are durable when this returns `Ok`.
    pub(crate) fn write<T>(
        &self,
        work: impl FnOnce(&mut Session<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut engine = self.store.engine();
        let mut session = Session {
            transaction: engine.begin(Access::Write)?,
            tenant: self.id,
        };
        let value = work(&mut session)?;
        session.transaction.commit()?;
        Ok(value)
    }

    /// Runs `work` on one unchanging state.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&mut Session<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut engine = self.store.engine();
        work(&mut Session {
            transaction: engine.begin(Access::Read)?,
            tenant: self.id,
        })
    }
}

/// A transaction that puts the tenant into every statement as `?1`.
pub(crate) struct Session<'a> {
    transaction: Box<dyn Transaction + 'a>,
    tenant: &'a TenantId,
}

impl Session<'_> {
    pub(crate) fn tenant(&self) -> &TenantId {
        self.tenant
    }

    /// Parameters begin at `?2`.
    pub(crate) fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let values = self.with_tenant(values);
        self.transaction.execute(sql, &values)
    }

    /// Parameters begin at `?2`.
    pub(crate) fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let values = self.with_tenant(values);
        self.transaction.query(sql, &values)
    }

    /// The JSON documents in the first column; parameters begin at `?2`.
    pub(crate) fn documents<T: DeserializeOwned>(
        &mut self,
        sql: &str,
        values: &[Value],
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.query(sql, values)?;
        rows.iter()
            .map(|row| serde_json::from_str(row.text(0)?).map_err(|error| error.to_string()))
            .collect::<Result<_, String>>()
            .map_err(damaged(self.transaction.place()))
    }

    /// The one number a query gives; parameters begin at `?2`.
    pub(crate) fn number(&mut self, sql: &str, values: &[Value]) -> Result<i64, StoreError> {
        let rows = self.query(sql, values)?;
        let first = rows
            .first()
            .map_or(Err("no row".to_owned()), |row| row.integer(0));
        first.map_err(|detail| self.damaged(detail))
    }

    /// The only value of a key column that begins so, or is it.
    pub(crate) fn complete(
        &mut self,
        table: &'static str,
        column: &str,
        prefix: &str,
    ) -> Result<String, StoreError> {
        let rows = self.query(
            &format!(
                "SELECT {column} FROM {table} WHERE tenant = ?1 AND {column} >= ?2 \
                 AND substr({column}, 1, length(?2)) = ?2 ORDER BY {column} LIMIT ?3"
            ),
            values![prefix, CANDIDATES],
        )?;
        let keys = rows
            .iter()
            .map(|row| row.text(0).map(str::to_owned))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|detail| self.damaged(detail))?;
        match keys.as_slice() {
            [] => Err(self.not_found(table, prefix)),
            [only] => Ok(only.clone()),
            [first, ..] if first == prefix => Ok(first.clone()),
            _ => Err(StoreError::Ambiguous {
                what: table,
                key: prefix.to_owned(),
                candidates: keys,
            }),
        }
    }

    /// Appends one link to the tenant's chain.
    pub(crate) fn audit(
        &mut self,
        act: &Act,
        action: &str,
        object: &str,
        document: &str,
    ) -> Result<(), StoreError> {
        audit::append(self, act, action, object, document)
    }

    pub(crate) fn damaged(&self, detail: String) -> StoreError {
        damaged(self.transaction.place())(detail)
    }

    pub(crate) fn not_found(&self, what: &'static str, key: &str) -> StoreError {
        StoreError::NotFound {
            what,
            key: key.to_owned(),
            tenant: self.tenant.to_string(),
        }
    }

    fn with_tenant(&self, values: &[Value]) -> Vec<Value> {
        let tenant = std::iter::once(Value::from(self.tenant.as_str()));
        tenant.chain(values.iter().cloned()).collect()
    }
}

/// The document of a record, as it is stored.
pub(crate) fn encode(record: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(record).map_err(StoreError::Encode)
}

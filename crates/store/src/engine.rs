//! What a database must offer; all statements of this crate are written once, for every engine.

use std::path::Path;

use crate::StoreError;

/// A parameter or a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Text(String),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        number.map_or(Self::Null, Self::Integer)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(storable(text))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(storable(text))
    }
}

/// PostgreSQL has no text with NUL in it, so every engine gets the sign for it instead.
pub(crate) fn storable(text: &str) -> String {
    match text.contains('\0') {
        true => text.replace('\0', "\u{2400}"),
        false => text.to_owned(),
    }
}

/// Parameters of a statement, `?1` first.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::engine::Value::from($value)),*] };
}
pub(crate) use values;

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Sees one state of the database throughout.
    Read,
    /// The only writer from its beginning to its end.
    Write,
}

/// A connection to one database.
pub(crate) trait Engine: Send {
    /// File or address, for messages.
    fn place(&self) -> &str;

    /// Waits for the lock, bounded; what is not committed is undone when it is dropped.
    fn begin(&mut self, access: Access) -> Result<Box<dyn Transaction + '_>, StoreError>;

    /// Runs migrations: several statements, in one transaction of their own.
    fn migrate(&mut self, steps: &[crate::migrate::Migration]) -> Result<(), StoreError>;

    /// Copies everything to a new file while others write; only the embedded engine can.
    fn backup(&mut self, to: &Path) -> Result<(), StoreError>;

    /// What the database itself says about its pages and indexes; empty when all is well.
    fn check(&mut self) -> Result<Vec<String>, StoreError>;
}

/// Statements use `?1`, `?2`, …; types are `TEXT` and `BIGINT`.
pub(crate) trait Transaction {
    /// File or address, for messages.
    fn place(&self) -> &str;

    /// Rows changed.
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError>;

    /// All rows.
    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError>;

    /// Durable when it returns.
    fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// One row of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row(pub(crate) Vec<Value>);

impl Row {
    /// A text column; a wrong type means a damaged file.
    pub(crate) fn text(&self, column: usize) -> Result<&str, String> {
        match self.0.get(column) {
            Some(Value::Text(text)) => Ok(text),
            other => Err(format!("column {column} is {other:?}, not text")),
        }
    }

    /// A number column; a wrong type means a damaged file.
    pub(crate) fn integer(&self, column: usize) -> Result<i64, String> {
        match self.0.get(column) {
            Some(Value::Integer(number)) => Ok(*number),
            other => Err(format!("column {column} is {other:?}, not a number")),
        }
    }
}

/// Turns a column's complaint into the error that names the store.
pub(crate) fn damaged(place: &str) -> impl Fn(String) -> StoreError {
    move |detail| StoreError::Corrupt {
        place: place.to_owned(),
        detail,
    }
}

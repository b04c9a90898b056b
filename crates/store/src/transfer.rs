//! Everything as lines of JSON: how a store moves from one engine to another.

use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::engine::{Access, Transaction, Value, damaged, values};
use crate::migrate::MIGRATIONS;
use crate::{Store, StoreError};

const FORMAT: &str = "skillgate-export/1";

/// Rows read at a time.
const PAGE: i64 = 2000;

/// Every table, its columns, and the columns that put it in order.
const TABLES: &[(&str, &str, &str)] = &[
    (
        "report",
        "tenant, id, seq, skill, digest, path, decision, complete, started_at, body",
        "tenant, seq",
    ),
    (
        "quarantine",
        "tenant, kind, subject, part, state, since_ms, until_ms, body",
        "tenant, kind, subject, part",
    ),
    (
        "promotion",
        "tenant, skill, digest, destination, state, at_ms, body",
        "tenant, destination",
    ),
    (
        "audit",
        "tenant, seq, at_ms, actor, action, object, reason, document, previous, hash",
        "tenant, seq",
    ),
    (
        "event",
        "tenant, seq, id, tool, at_ms, outcome, part, signature",
        "tenant, seq",
    ),
    (
        "anomaly",
        "tenant, signature, tool, class, code, message, shape, state, hits, first_seen_ms, last_seen_ms",
        "tenant, signature",
    ),
    (
        "vaccination",
        "tenant, signature, tool, at_ms, body",
        "tenant, signature",
    ),
    ("approval", "tenant, id, state, at_ms, body", "tenant, id"),
];

/// What was moved; equal on both sides of a transfer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Rows of all tables.
    pub rows: u64,
    /// SHA-256 over them, in hex.
    pub sha256: String,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    schema: i64,
}

/// A row: its table, and text, numbers or null in the order of the table's columns.
type Line = (String, Vec<serde_json::Value>);

impl Store {
    /// Writes every row of every tenant, as of one moment.
    pub fn export(&self, to: &mut impl Write) -> Result<Transfer, StoreError> {
        let mut engine = self.engine();
        let mut transaction = engine.begin(Access::Read)?;
        write_line(
            to,
            &Header {
                format: FORMAT.to_owned(),
                schema: schema(),
            },
        )?;
        let transfer = each_row(transaction.as_mut(), &mut |text| {
            writeln!(to, "{text}").map_err(StoreError::Transfer)
        })?;
        write_line(to, &transfer)?;
        to.flush().map_err(StoreError::Transfer)?;
        Ok(transfer)
    }

    /// Reads an export into an empty store, all of it or nothing, and proves that nothing changed.
    pub fn import(&self, from: &mut impl BufRead) -> Result<Transfer, StoreError> {
        let mut engine = self.engine();
        let mut transaction = engine.begin(Access::Write)?;
        if each_row(transaction.as_mut(), &mut |_| Ok(()))?.rows > 0 {
            return Err(StoreError::Invalid("an import goes to an empty store"));
        }
        let mut lines = from.lines();
        let header: Header = parse(&next(&mut lines)?)?;
        if header.format != FORMAT || header.schema != schema() {
            return Err(StoreError::Invalid(
                "the export has another format or schema version",
            ));
        }
        let promised: Transfer = loop {
            let text = next(&mut lines)?;
            match text.starts_with('[') {
                true => insert(transaction.as_mut(), parse(&text)?)?,
                false => break parse(&text)?,
            }
        };
        let found = each_row(transaction.as_mut(), &mut |_| Ok(()))?;
        if found != promised {
            return Err(StoreError::Invalid(
                "the export is damaged: count or digest differ",
            ));
        }
        transaction.commit()?;
        Ok(found)
    }
}

fn schema() -> i64 {
    MIGRATIONS.last().map_or(0, |step| step.version)
}

/// Gives each row as its line, and what all of them amount to.
fn each_row(
    transaction: &mut dyn Transaction,
    with: &mut dyn FnMut(&str) -> Result<(), StoreError>,
) -> Result<Transfer, StoreError> {
    let mut digest = Sha256::new();
    let mut rows = 0;
    for (table, columns, order) in TABLES {
        let sql = format!("SELECT {columns} FROM {table} ORDER BY {order} LIMIT ?1 OFFSET ?2");
        let mut offset = 0;
        loop {
            let page = transaction.query(&sql, values![PAGE, offset])?;
            for row in &page {
                let line: Line = ((*table).to_owned(), row.0.iter().map(json).collect());
                let text = crate::tenant::encode(&line)?;
                digest.update(&text);
                digest.update("\n");
                rows += 1;
                with(&text)?;
            }
            offset += PAGE;
            if page.is_empty() {
                break;
            }
        }
    }
    let sha256 = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(Transfer { rows, sha256 })
}

fn insert(transaction: &mut dyn Transaction, (table, row): Line) -> Result<(), StoreError> {
    let known = TABLES.iter().find(|(name, _, _)| *name == table);
    let (name, columns, _) = known.ok_or(StoreError::Invalid("the export has an unknown table"))?;
    let width = columns.split(',').count();
    if row.len() != width {
        return Err(StoreError::Invalid("the export has a row of another width"));
    }
    let places: Vec<_> = (1..=width).map(|number| format!("?{number}")).collect();
    let row: Vec<Value> = row.into_iter().map(value).collect::<Result<_, _>>()?;
    let sql = format!(
        "INSERT INTO {name} ({columns}) VALUES ({})",
        places.join(", ")
    );
    transaction.execute(&sql, &row)?;
    Ok(())
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Integer(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
    }
}

fn value(json: serde_json::Value) -> Result<Value, StoreError> {
    match json {
        serde_json::Value::Null => Ok(Value::Null),
        serde_json::Value::String(text) => Ok(Value::Text(text)),
        serde_json::Value::Number(number) => number.as_i64().map(Value::Integer).ok_or(BAD),
        serde_json::Value::Bool(_) | serde_json::Value::Array(_) | serde_json::Value::Object(_) => {
            Err(BAD)
        }
    }
}

const BAD: StoreError = StoreError::Invalid("the export has a value that is no text or number");

fn next(lines: &mut impl Iterator<Item = io::Result<String>>) -> Result<String, StoreError> {
    match lines.next() {
        Some(line) => line.map_err(StoreError::Transfer),
        None => Err(StoreError::Invalid("the export is cut off")),
    }
}

fn parse<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| damaged("export")(error.to_string()))
}

fn write_line(to: &mut impl Write, record: &impl Serialize) -> Result<(), StoreError> {
    let text = crate::tenant::encode(record)?;
    writeln!(to, "{text}").map_err(StoreError::Transfer)
}

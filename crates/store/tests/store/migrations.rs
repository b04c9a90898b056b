//! Every earlier schema comes forward with its data.

use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;
use skillgate_store::Store;

use crate::sample::{act, report, tenant};

/// The statements of every migration, oldest first.
pub(crate) fn migrations() -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect()
}

/// What a database of that version looks like after one report was stored in it.
fn old_store(file: &std::path::Path, version: usize) {
    let connection = Connection::open(file).unwrap();
    connection
        .pragma_update(None, "application_id", 0x7367_6174)
        .unwrap();
    connection
        .execute_batch("CREATE TABLE skillgate_schema (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)")
        .unwrap();
    for (number, sql) in migrations().iter().enumerate().take(version) {
        connection.execute_batch(sql).unwrap();
        connection
            .execute(
                "INSERT INTO skillgate_schema VALUES (?1, 'old')",
                [number as i64 + 1],
            )
            .unwrap();
    }
    let body = serde_json::to_string(&report("r-1", "pdf", "promote")).unwrap();
    connection
        .execute(
            "INSERT INTO report VALUES ('default', 'r-1', 1, 'pdf', 'd', './pdf', 'promote', 1, '2026', ?1)",
            [body],
        )
        .unwrap();
}

#[test]
fn every_earlier_version_comes_forward_with_its_data() {
    let newest = migrations().len();
    assert!(newest >= 2);
    for version in 1..=newest {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("skillgate.db");
        old_store(&file, version);
        for _ in 0..2 {
            let store = Store::open(folder.path()).unwrap();
            let default = tenant("default");
            let rows = store.tenant(&default);
            assert_eq!(rows.report("r-1").unwrap(), report("r-1", "pdf", "promote"));
            assert_eq!(rows.anomalies(true, 9).unwrap(), []);
            rows.put_report(&report("r-2", "csv", "promote"), &act())
                .unwrap();
            assert_eq!(store.check().unwrap(), Vec::<String>::new());
        }
        let found: i64 = Connection::open(&file)
            .unwrap()
            .query_row("SELECT max(version) FROM skillgate_schema", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(found, newest as i64);
    }
}

#[test]
fn processes_that_create_one_store_together_agree() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let folder = folder.path();
            scope.spawn(move || {
                let store = Store::open(folder).unwrap();
                let default = tenant("default");
                let report = report(&format!("r-{number}"), "pdf", "promote");
                store.tenant(&default).put_report(&report, &act()).unwrap();
            });
        }
    });
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(
        store.tenant(&tenant("default")).audit_head().unwrap().seq,
        8
    );
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

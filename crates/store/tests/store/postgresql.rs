//! What only PostgreSQL can do wrong: lost connections, other schemas, addresses.

use skillgate_store::{Store, StoreError};

use crate::migrations::migrations;
use crate::sample::{Database, act, report, tenant};

#[test]
fn every_earlier_version_comes_forward_with_its_data() {
    for version in 1..=migrations().len() {
        let Some(database) = Database::create() else {
            return;
        };
        let mut client = database.client();
        client
            .batch_execute(
                "CREATE SCHEMA skillgate; SET search_path TO skillgate; \
                 CREATE TABLE skillgate_schema (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)",
            )
            .unwrap();
        for (number, sql) in migrations().iter().enumerate().take(version) {
            client
                .batch_execute(&sql.replace(" TEXT", " TEXT COLLATE \"C\""))
                .unwrap();
            let number = i64::try_from(number).unwrap() + 1;
            client
                .execute(
                    "INSERT INTO skillgate_schema VALUES ($1, 'old')",
                    &[&number],
                )
                .unwrap();
        }
        let body = serde_json::to_string(&report("r-1", "pdf", "promote")).unwrap();
        let old = "INSERT INTO report VALUES ('default', 'r-1', 1, 'pdf', 'd', './pdf', 'promote', 1, '2026', $1)";
        client.execute(old, &[&body]).unwrap();
        let store = Store::connect(&database.url).unwrap();
        let default = tenant("default");
        assert_eq!(
            store.tenant(&default).report("r-1").unwrap(),
            report("r-1", "pdf", "promote")
        );
        assert_eq!(store.tenant(&default).anomalies(true, 9).unwrap(), []);
    }
}

#[test]
fn a_newer_schema_is_refused() {
    let Some(database) = Database::create() else {
        return;
    };
    Store::connect(&database.url).unwrap();
    database
        .client()
        .batch_execute("INSERT INTO skillgate.skillgate_schema VALUES (9999, 'future')")
        .unwrap();
    let error = Store::connect(&database.url).err().unwrap();
    assert!(
        matches!(error, StoreError::SchemaNewer { found: 9999, .. }),
        "{error}"
    );
}

#[test]
fn a_lost_connection_is_made_again() {
    let Some(database) = Database::create() else {
        return;
    };
    let store = Store::connect(&database.url).unwrap();
    let default = tenant("default");
    let rows = store.tenant(&default);
    for id in ["r-1", "r-2", "r-3"] {
        rows.put_report(&report(id, "pdf", "promote"), &act())
            .unwrap();
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE datname = current_database() AND pid <> pg_backend_pid()";
        database.client().query(kill, &[]).unwrap();
    }
    assert_eq!(rows.reports(9).unwrap().len(), 3);
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn a_transaction_that_hangs_is_waited_for_and_then_named() {
    let Some(database) = Database::create() else {
        return;
    };
    let store = Store::connect(&database.url).unwrap();
    let mut hanging = database.client();
    hanging
        .batch_execute("BEGIN; SELECT pg_advisory_xact_lock(1936154996)")
        .unwrap();
    let default = tenant("default");
    let error = store
        .tenant(&default)
        .put_report(&report("r-1", "pdf", "promote"), &act())
        .unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Busy {
                waited_ms: 10_000,
                ..
            }
        ),
        "{error}"
    );
    hanging.batch_execute("ROLLBACK").unwrap();
    store
        .tenant(&default)
        .put_report(&report("r-1", "pdf", "promote"), &act())
        .unwrap();
}

#[test]
fn an_address_is_shown_without_its_password() {
    for (address, shown) in [
        ("postgresql://u:geheim@db/x", "postgresql://u@db/x"),
        ("postgresql://u:ge@heim@db/x", "postgresql://u@db/x"),
        (
            "postgres://db/x?user=u&password=geheim",
            "postgres://db/x?user=u&",
        ),
        ("a:b@c", "a:b@c"),
    ] {
        assert_eq!(Store::shown(address), shown);
    }
}

#[test]
fn an_address_that_cannot_be_used_is_an_error() {
    for address in [
        "postgresql://[",
        "postgresql://user:geheim@db.example/x",
        "postgresql://%2Fno%2Fsuch%2Ffolder/x",
    ] {
        let error = Store::at(address).err().unwrap();
        assert!(
            !format!("{error:?}").contains("geheim"),
            "a password is shown"
        );
    }
}

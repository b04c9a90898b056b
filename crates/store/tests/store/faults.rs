//! A store that cannot be used says why, and leaves the data as it was.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rusqlite::Connection;
use skillgate_store::{Store, StoreError};

use crate::sample::{act, report, tenant};

fn filled(folder: &Path) {
    let store = Store::open(folder).unwrap();
    let default = tenant("default");
    for number in 0..200 {
        let report = report(&format!("r-{number:03}"), "pdf", "promote");
        store.tenant(&default).put_report(&report, &act()).unwrap();
    }
}

fn refused(folder: &Path) -> StoreError {
    match Store::open(folder) {
        Err(error) => error,
        Ok(_) => panic!("the store opened"),
    }
}

#[test]
fn a_new_store_is_private_and_kept_out_of_version_control() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("a/.skillgate");
    Store::open(&folder).unwrap();
    assert_eq!(
        fs::metadata(&folder).unwrap().permissions().mode() & 0o777,
        0o700
    );
    assert_eq!(
        fs::read_to_string(folder.join(".gitignore")).unwrap(),
        "*\n"
    );
}

#[test]
fn a_file_where_the_folder_should_be_is_named() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("store");
    fs::write(&folder, "mine").unwrap();
    let error = refused(&folder);
    assert!(matches!(error, StoreError::Folder { .. }), "{error}");
    assert_eq!(fs::read_to_string(&folder).unwrap(), "mine");
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let file = folder.path().join("skillgate.db");
    let connection = Connection::open(&file).unwrap();
    connection
        .execute_batch("INSERT INTO skillgate_schema VALUES (9999, 'future')")
        .unwrap();
    drop(connection);
    let before = fs::read(&file).unwrap();
    let error = refused(folder.path());
    assert!(
        matches!(error, StoreError::SchemaNewer { found: 9999, .. }),
        "{error}"
    );
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_database_of_something_else_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let connection = Connection::open(folder.path().join("skillgate.db")).unwrap();
    connection
        .execute_batch("CREATE TABLE photos (name TEXT)")
        .unwrap();
    let error = refused(folder.path());
    assert!(matches!(error, StoreError::NotAStore { .. }), "{error}");
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tables, 1);
}

#[test]
fn a_file_that_is_no_database_is_called_damaged_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("skillgate.db");
    fs::write(&file, "not a database at all, ".repeat(100)).unwrap();
    let before = fs::read(&file).unwrap();
    let error = refused(folder.path());
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_damaged_page_is_an_error_on_reading_and_a_fault_in_a_check() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let file = folder.path().join("skillgate.db");
    let mut bytes = fs::read(&file).unwrap();
    let page = 4096;
    for byte in bytes.iter_mut().skip(8 * page) {
        *byte = 0xa5;
    }
    fs::write(&file, &bytes).unwrap();
    let store = Store::open(folder.path()).unwrap();
    let default = tenant("default");
    let error = store.tenant(&default).reports(1000).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    let checked = store.check();
    assert!(
        !matches!(checked, Ok(ref faults) if faults.is_empty()),
        "the check saw nothing"
    );
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

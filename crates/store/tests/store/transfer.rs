//! Backups, restores, exports and imports bring back what was there.

use std::fs;

use rusqlite::Connection;
use skillgate_model::SubjectKind;
use skillgate_store::{Store, StoreError};

use crate::anomalies::{failure, remedy};
use crate::sample::{act, blocked, promotion, report, tenant, with_store};

/// A few rows of every table, for two tenants.
pub(crate) fn fill(store: &Store) {
    for name in ["ours", "theirs"] {
        let id = tenant(name);
        let rows = store.tenant(&id);
        let hostile = "a'b\"c\n\u{1b}[31m\u{202e}ð’€";
        rows.put_report(&report("r-1", hostile, "quarantine"), &act())
            .unwrap();
        rows.quarantine(&blocked(SubjectKind::Skill, hostile, "d"), &act())
            .unwrap();
        rows.promote(&promotion("pdf", &["pdf.read"]), &act())
            .unwrap();
        rows.record(
            &[
                failure("e-1", "read", "aa", 1),
                failure("e-2", "read", "bb", 2),
            ],
            &act(),
        )
        .unwrap();
        rows.vaccinate(&remedy("aa"), &act()).unwrap();
    }
}

fn exported(store: &Store) -> Vec<u8> {
    let mut text = Vec::new();
    store.export(&mut text).unwrap();
    text
}

#[test]
fn an_export_makes_the_same_store_again() {
    with_store(|store| {
        fill(store);
        let text = exported(store);
        with_store(|copy| {
            let transfer = copy.import(&mut text.as_slice()).unwrap();
            assert_eq!(transfer.rows, 2 * (1 + 1 + 1 + 2 + 2 + 1 + 4));
            assert_eq!(exported(copy), text);
            assert_eq!(copy.check().unwrap(), Vec::<String>::new());
        });
    });
}

#[test]
fn a_damaged_export_is_refused_and_nothing_of_it_stays() {
    with_store(|store| {
        fill(store);
        let text = String::from_utf8(exported(store)).unwrap();
        let lines: Vec<_> = text.lines().collect();
        let without_a_row = [&lines[..3], &lines[4..]].concat().join("\n");
        let cut_off = lines[..lines.len() - 1].join("\n");
        let changed = text.replacen("alice", "mallo", 1);
        let foreign = text.replacen("skillgate-export/1", "skillgate-export/2", 1);
        let newer = text.replacen("\"schema\":", "\"schema\":9", 1);
        for bad in [
            without_a_row,
            cut_off,
            changed,
            foreign,
            newer,
            String::new(),
            "[]".into(),
            "{".into(),
        ] {
            with_store(|copy| {
                assert!(copy.import(&mut bad.as_bytes()).is_err());
                assert_eq!(copy.tenants().unwrap(), []);
            });
        }
        let full = store.import(&mut text.as_bytes());
        assert!(
            matches!(full, Err(StoreError::Invalid(_))),
            "it goes into a store that is not empty"
        );
    });
}

#[test]
fn a_backup_is_whole_and_can_be_restored_over_a_damaged_store() {
    let folder = tempfile::tempdir().unwrap();
    let (home, backup) = (folder.path().join("store"), folder.path().join("backup.db"));
    let store = Store::open(&home).unwrap();
    fill(&store);
    let before = exported(&store);
    store.backup(&backup).unwrap();
    assert!(store.backup(&backup).is_err(), "a backup was written over");
    drop(store);
    fs::write(home.join("skillgate.db"), "ruined").unwrap();
    assert!(Store::open(&home).is_err());
    let kept = Store::restore(&backup, &home, 7).unwrap().unwrap();
    assert_eq!(fs::read_to_string(kept).unwrap(), "ruined");
    assert_eq!(exported(&Store::open(&home).unwrap()), before);
}

#[test]
fn a_damaged_backup_leaves_the_store_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (home, backup) = (folder.path().join("store"), folder.path().join("backup.db"));
    let store = Store::open(&home).unwrap();
    fill(&store);
    store.backup(&backup).unwrap();
    let before = exported(&store);
    Connection::open(&backup)
        .unwrap()
        .execute_batch("UPDATE audit SET actor = 'mallory' WHERE seq = 2")
        .unwrap();
    let error = Store::restore(&backup, &home, 7).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    assert_eq!(exported(&store), before);
}

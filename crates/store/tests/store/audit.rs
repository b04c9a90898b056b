//! The chain holds, and whoever changes it is found.

use rusqlite::Connection;
use skillgate_model::SubjectKind;
use skillgate_store::{AuditHead, Store};

use crate::sample::{act, blocked, tenant};

/// Six entries for `default`; then `tamper` goes behind the store's back.
fn after(tamper: &str) -> Result<AuditHead, String> {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let default = tenant("default");
    let rows = store.tenant(&default);
    for number in 0..6 {
        rows.quarantine(
            &blocked(SubjectKind::Tool, &format!("tool-{number}"), ""),
            &act(),
        )
        .unwrap();
    }
    let known = rows.audit_head().unwrap();
    Connection::open(folder.path().join("skillgate.db"))
        .unwrap()
        .execute_batch(tamper)
        .unwrap();
    rows.verify_audit_against(&known)
        .unwrap()
        .map_err(|fault| fault.to_string())
}

#[test]
fn an_untouched_chain_holds() {
    let head = after("").unwrap();
    assert_eq!((head.seq, head.hash.len()), (6, 64));
}

#[test]
fn the_first_broken_link_is_named() {
    for (tamper, fault) in [
        (
            "UPDATE audit SET actor = 'mallory' WHERE seq IN (3, 5)",
            "entry 3: its content was changed",
        ),
        (
            "UPDATE audit SET at_ms = at_ms + 1 WHERE seq = 1",
            "entry 1: its content was changed",
        ),
        (
            "DELETE FROM audit WHERE seq = 4",
            "entry 4: missing; the next one is entry 5",
        ),
        (
            "DELETE FROM audit WHERE seq > 4",
            "entry 5: missing; the exported head is entry 6",
        ),
        (
            "DELETE FROM audit",
            "entry 1: missing; the exported head is entry 6",
        ),
        (
            "UPDATE audit SET seq = 99 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3;
             UPDATE audit SET seq = 3 WHERE seq = 99",
            "entry 2: does not follow the entry before it",
        ),
        (
            "UPDATE audit SET tenant = 'other'",
            "entry 1: missing; the exported head is entry 6",
        ),
    ] {
        assert_eq!(after(tamper).unwrap_err(), fault, "{tamper}");
    }
}

#[test]
fn a_chain_copied_from_another_tenant_does_not_hold() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let (ours, theirs) = (tenant("ours"), tenant("theirs"));
    store
        .tenant(&ours)
        .quarantine(&blocked(SubjectKind::Tool, "search", ""), &act())
        .unwrap();
    Connection::open(folder.path().join("skillgate.db"))
        .unwrap()
        .execute_batch("UPDATE audit SET tenant = 'theirs'")
        .unwrap();
    let fault = store.tenant(&theirs).verify_audit().unwrap().unwrap_err();
    assert_eq!(fault.to_string(), "entry 1: its content was changed");
    assert_eq!(
        store.check().unwrap(),
        ["audit of tenant `theirs`: entry 1: its content was changed"]
    );
}

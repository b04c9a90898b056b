//! The store: moved, backed up, checked, and shared by tenants.

use serde_json::Value;

use crate::program::{SKILL, fail, json, refused, skillgate, text};

#[test]
fn a_store_moves_by_export_and_comes_back_from_a_backup() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fail(folder, "default");
    fail(folder, "ours");
    let exported = json(folder, &["store", "export", "all.jsonl"]);
    refused(folder, &["store", "export", "all.jsonl"]);
    refused(folder, &["store", "import", "all.jsonl"]);
    let imported = json(folder, &["store", "import", "all.jsonl", "--store", "copy"]);
    assert_eq!(imported, exported);
    assert_eq!(
        text(
            folder,
            &["audit", "head", "--store", "copy", "--tenant", "ours"]
        ),
        text(folder, &["audit", "head", "--tenant", "ours"])
    );
    text(folder, &["store", "backup", "backup.db"]);
    std::fs::write(folder.join(".skillgate/skillgate.db"), "ruined").unwrap();
    let errors = refused(folder, &["quarantine", "list"]);
    assert!(
        errors.contains("is damaged") && errors.contains("skillgate store restore"),
        "{errors}"
    );
    text(folder, &["store", "restore", "backup.db"]);
    assert_eq!(text(folder, &["store", "check"]), "the store is whole\n");
    assert_eq!(
        json(folder, &["quarantine", "list"])
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn a_changed_entry_and_a_cut_tail_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for tool in ["a", "b", "c"] {
        text(
            folder,
            &[
                "quarantine",
                "add",
                tool,
                "--reason",
                "x",
                "--actor",
                "alice",
            ],
        );
    }
    std::fs::write(folder.join("head.json"), text(folder, &["audit", "head"])).unwrap();
    let tamper = |sql: &str| {
        let connection =
            rusqlite::Connection::open(folder.join(".skillgate/skillgate.db")).unwrap();
        connection.execute_batch(sql).unwrap();
    };
    let key = text(folder, &["audit", "key", "audit.key"]);
    let key = key.trim();
    refused(folder, &["audit", "key", "audit.key"]);
    let signed = text(folder, &["audit", "head", "--sign", "audit.key"]);
    std::fs::write(folder.join("signed.json"), &signed).unwrap();
    let with = |head: &str, key: &str| {
        let arguments = ["audit", "verify", "--head", head, "--public-key", key];
        skillgate(folder, &arguments)
    };
    assert!(with("signed.json", key).1.contains("3 entries holds"));
    assert!(with("head.json", key).2.contains("is not signed"));
    let other = text(folder, &["audit", "key", "other.key"]);
    assert!(
        with("signed.json", other.trim())
            .2
            .contains("not signed with")
    );

    tamper("DELETE FROM audit WHERE seq = 3");
    // Whoever can write the store cuts the tail and hands out a head of their own.
    let cut = text(folder, &["audit", "head"]);
    let mut forged: Value = serde_json::from_str(&signed).unwrap();
    let head: Value = serde_json::from_str(&cut).unwrap();
    (forged["seq"], forged["hash"]) = (head["seq"].clone(), head["hash"].clone());
    std::fs::write(folder.join("forged.json"), forged.to_string()).unwrap();
    assert!(with("forged.json", key).2.contains("or was changed since"));
    let (code, out, _) = with("signed.json", key);
    assert!(
        code == 1 && out.contains("the exported head is entry 3"),
        "{code} {out}"
    );
    assert!(text(folder, &["audit", "verify"]).contains("2 entries"));
    let (code, out, _) = skillgate(folder, &["audit", "verify", "--head", "head.json"]);
    assert_eq!(
        (code, out.as_str()),
        (
            1,
            "the chain is broken at entry 3: missing; the exported head is entry 3\n"
        )
    );
    tamper("UPDATE audit SET reason = 'y' WHERE seq = 2");
    let (code, out, _) = skillgate(folder, &["store", "check"]);
    assert_eq!(
        (code, out.as_str()),
        (
            1,
            "audit of tenant `default`: entry 2: its content was changed\n"
        )
    );
}

#[test]
fn a_scan_and_its_report_live_in_the_store_and_for_the_tenant_that_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("sums.py"), SKILL).unwrap();
    let mut places = vec!["elsewhere".to_owned()];
    // A database of its own, in a server that is shared by all tests.
    let server = std::env::var("SKILLGATE_POSTGRES").ok();
    let name = format!("skillgate_scan_{}", std::process::id());
    let mut admin = server
        .as_ref()
        .map(|server| postgres::Client::connect(server, postgres::NoTls).unwrap());
    if let (Some(server), Some(admin)) = (&server, &mut admin) {
        admin
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .unwrap();
        places.push(format!("{}/{name}", server.rsplit_once('/').unwrap().0));
    }
    for place in &places {
        let here = ["--store", place, "--tenant", "ours"];
        text(
            folder,
            &[&["scan", "sums.py", "--static-only"][..], &here].concat(),
        );
        let list = text(folder, &[&["report"][..], &here].concat());
        assert_eq!(list.lines().count(), 1, "{list}");
        let shown = text(folder, &[&["report", "sums"][..], &here].concat());
        assert!(shown.contains("sums"), "{shown}");
        assert_eq!(
            text(folder, &["report", "--store", place]),
            "",
            "another tenant sees it"
        );
    }
    let configured = format!("store = \"{}\"\n", places.last().unwrap());
    std::fs::write(folder.join("skillgate.toml"), configured).unwrap();
    assert_eq!(
        text(folder, &["report", "--tenant", "ours"])
            .lines()
            .count(),
        1
    );
    if let Some(admin) = &mut admin {
        let drop = format!("DROP DATABASE {name} WITH (FORCE)");
        admin.batch_execute(&drop).unwrap();
    }
}

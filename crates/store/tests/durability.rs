//! Writers that are killed at random moments, a full disk, a disk that cannot be written.
#![expect(
    clippy::disallowed_methods,
    reason = "the writers that are killed must be processes"
)]
#![expect(
    clippy::print_stdout,
    reason = "what was skipped and what was killed is said"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may fail like the test"
)]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use skillgate_model::{Event, Outcome, Signature, TenantId};
use skillgate_store::{Act, Store, StoreError};

/// Set in a process that plays a writer; the place of the store.
const WRITER: &str = "SKILLGATE_TEST_WRITER";

/// How many kills: 500 in a full run.
const KILLS: &str = "SKILLGATE_TEST_KILLS";

const WRITERS: u64 = 4;

fn act() -> Act {
    Act {
        actor: "writer".into(),
        reason: String::new(),
        at_ms: 1,
    }
}

fn failure(id: String, hash: &str) -> (Event, Option<Signature>) {
    let event = Event {
        id,
        tool: "tool".into(),
        at_ms: 1,
        outcome: Outcome::Failure,
        part: String::new(),
        signature: hash.into(),
    };
    let signature = Signature {
        hash: hash.into(),
        tool: "tool".into(),
        class: String::new(),
        code: String::new(),
        message: "m".into(),
        shape: "{}".into(),
    };
    (event, Some(signature))
}

/// Writes for ever: batches of three failures and a blocked call, each acknowledged on standard output.
fn write_for_ever(place: &str) -> ! {
    let store = Store::at(place).unwrap();
    let tenant = TenantId::default();
    let rows = store.tenant(&tenant);
    let mut out = std::io::stdout();
    for number in 0_u64.. {
        let name = format!("{}-{number}", std::process::id());
        let mut batch: Vec<_> = (0..3)
            .map(|part| failure(format!("{name}-{part}"), "aa"))
            .collect();
        let (mut blocked, _) = failure(format!("{name}-b"), "");
        blocked.outcome = Outcome::Blocked;
        batch.push((blocked, None));
        match rows.record(&batch, &act()) {
            Ok(_) => writeln!(out, "ack {name}")
                .and_then(|()| out.flush())
                .unwrap(),
            // A lock that others hold for too long is an answer, and nothing was acknowledged.
            Err(StoreError::Busy { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    unreachable!("numbers do not end")
}

struct Writer {
    child: Child,
    acknowledged: Receiver<String>,
}

fn start(test: &str, place: &str) -> Writer {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(WRITER, place)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (send, acknowledged) = mpsc::channel();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if let Some(name) = line.strip_prefix("ack ")
                && send.send(name.to_owned()).is_err()
            {
                return;
            }
        }
    });
    Writer {
        child,
        acknowledged,
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_writers_are_killed() {
    const NAME: &str = "nothing_acknowledged_is_lost_when_writers_are_killed";
    if let Ok(place) = env::var(WRITER) {
        write_for_ever(&place);
    }
    let folder = tempfile::tempdir().unwrap();
    kill_writers(NAME, &folder.path().display().to_string());
}

#[test]
fn nothing_acknowledged_is_lost_when_writers_to_postgresql_are_killed() {
    const NAME: &str = "nothing_acknowledged_is_lost_when_writers_to_postgresql_are_killed";
    if let Ok(place) = env::var(WRITER) {
        write_for_ever(&place);
    }
    let Ok(server) = env::var("SKILLGATE_POSTGRES") else {
        let required = env::var("SKILLGATE_REQUIRE").unwrap_or_default();
        assert!(
            !required.contains("postgres"),
            "SKILLGATE_POSTGRES names no server"
        );
        println!("skipped: SKILLGATE_POSTGRES names no server");
        return;
    };
    let name = format!("skillgate_kill_{}", std::process::id());
    let mut client = postgres::Client::connect(&server, postgres::NoTls).unwrap();
    client
        .batch_execute(&format!("CREATE DATABASE {name}"))
        .unwrap();
    let (before, _) = server.rsplit_once('/').unwrap();
    kill_writers(NAME, &format!("{before}/{name}"));
    client
        .batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
        .unwrap();
}

/// Four writers at a time, each killed at a moment of its own, until enough were killed.
fn kill_writers(test: &str, place: &str) {
    let kills: u64 = env::var(KILLS).map_or(12, |text| text.parse().unwrap());
    let mut acknowledged = Vec::new();
    let mut chance = 0x2545_F491_4F6C_DD1D_u64;
    for _ in 0..kills.div_ceil(WRITERS) {
        let mut writers: Vec<_> = (0..WRITERS).map(|_| start(test, place)).collect();
        for writer in &mut writers {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            // Half of them die while they start, half while they write.
            if chance.is_multiple_of(2) {
                acknowledged.extend(writer.acknowledged.recv_timeout(Duration::from_secs(10)));
            }
            let moment = Instant::now() + Duration::from_millis(chance % 60);
            let left = || moment.saturating_duration_since(Instant::now());
            while let Ok(name) = writer.acknowledged.recv_timeout(left()) {
                acknowledged.push(name);
            }
            writer.child.kill().unwrap();
        }
        for mut writer in writers {
            writer.child.wait().unwrap();
            acknowledged.extend(writer.acknowledged.iter());
        }
    }
    examine(place, &acknowledged);
    println!(
        "{kills} kills, {} batches acknowledged, all there",
        acknowledged.len()
    );
}

/// Whole batches only, each acknowledged one among them, counts to match, and a chain that holds.
fn examine(place: &str, acknowledged: &[String]) {
    assert!(!acknowledged.is_empty(), "no writer ever wrote");
    let store = Store::at(place).unwrap();
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
    let tenant = TenantId::default();
    let rows = store.tenant(&tenant);
    let mut batches: BTreeMap<String, u32> = BTreeMap::new();
    let mut after = 0;
    loop {
        let page = rows.events(after, 1000).unwrap();
        let Some((last, _)) = page.last() else { break };
        after = *last;
        for (_, event) in &page {
            let (batch, _) = event.id.rsplit_once('-').unwrap();
            *batches.entry(batch.to_owned()).or_default() += 1;
        }
    }
    assert!(
        batches.values().all(|&events| events == 4),
        "half a batch was kept"
    );
    for name in acknowledged {
        assert!(
            batches.contains_key(name),
            "{name} was acknowledged and is lost"
        );
    }
    let count = i64::try_from(batches.len()).unwrap();
    assert_eq!(rows.anomaly("aa").unwrap().hits, 3 * count);
    assert_eq!(rows.audit_head().unwrap().seq, count);
}

/// Runs this test again in a mount namespace, where it may have a disk of its own.
fn on_own_disk(test: &str, prepare: &str) {
    if !can_mount() {
        println!("skipped: this system gives no mount namespace");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store")).unwrap();
    let tenant = TenantId::default();
    store
        .tenant(&tenant)
        .record(&[failure("e-before".into(), "bb")], &act())
        .unwrap();
    drop(store);
    let script = format!("cd \"$1\" && {prepare} && exec \"$0\" --exact {test} --nocapture");
    let status = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
        .arg(env::current_exe().unwrap())
        .arg(folder.path())
        .env(WRITER, folder.path())
        .status();
    assert!(status.unwrap().success(), "{test} failed on its own disk");
}

fn can_mount() -> bool {
    Command::new("unshare")
        .args([
            "--user",
            "--map-root-user",
            "--mount",
            "mount",
            "-t",
            "tmpfs",
            "none",
            "/mnt",
        ])
        .status()
        .is_ok_and(|status| status.success())
}

#[test]
fn a_full_disk_refuses_the_change_and_keeps_the_rest() {
    let Ok(folder) = env::var(WRITER) else {
        on_own_disk(
            "a_full_disk_refuses_the_change_and_keeps_the_rest",
            "mount -t tmpfs -o size=2m none . && cd .",
        );
        return;
    };
    let store = Store::open(&Path::new(&folder).join("store")).unwrap();
    let tenant = TenantId::default();
    let rows = store.tenant(&tenant);
    let mut batches = 0;
    let error = loop {
        let batch: Vec<_> = (0..50)
            .map(|number| failure(format!("e-{batches}-{number}"), "aa"))
            .collect();
        match rows.record(&batch, &act()) {
            Ok(_) => batches += 1,
            Err(error) => break error,
        }
        assert!(batches < 10_000, "the disk never filled");
    };
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    assert_eq!(rows.anomaly("aa").unwrap().hits, batches * 50);
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn a_disk_that_cannot_be_written_is_named_and_left_alone() {
    let Ok(folder) = env::var(WRITER) else {
        let prepare = "mount --bind store store && mount -o remount,bind,ro store";
        on_own_disk(
            "a_disk_that_cannot_be_written_is_named_and_left_alone",
            prepare,
        );
        return;
    };
    let home = Path::new(&folder).join("store");
    let before = fs::read(home.join("skillgate.db")).unwrap();
    let error = Store::open(&home).err().unwrap();
    assert!(
        error.to_string().contains(&home.display().to_string()),
        "{error}"
    );
    assert!(
        matches!(
            error,
            StoreError::Folder { .. } | StoreError::ReadOnly { .. }
        ),
        "{error:?}"
    );
    assert_eq!(fs::read(home.join("skillgate.db")).unwrap(), before);
}

//! Events recorded durably, beside SQLite's own commits on the same disk, turn by turn.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot run has nothing to say"
)]

use std::time::{Duration, Instant};

use rusqlite::Connection;
use skillgate_model::{Event, Outcome, Signature, TenantId};
use skillgate_store::{Act, Store};

/// Commits of each kind.
const COMMITS: usize = 400;

/// Events in one transaction, and transactions.
const BATCH: usize = 1_000;
const BATCHES: usize = 50;

fn failure(number: usize) -> (Event, Option<Signature>) {
    let hash = format!("{:064x}", number % 50);
    let event = Event {
        id: format!("0123456789abcdef-{number:016x}"),
        tool: "fetch".into(),
        at_ms: 1_700_000_000_000,
        outcome: Outcome::Failure,
        part: "0123456789abcdef".into(),
        signature: hash.clone(),
    };
    let signature = Signature {
        hash,
        tool: "fetch".into(),
        class: "ConnectionError".into(),
        code: String::new(),
        message: "upstream <ip> closed after <n>".into(),
        shape: "{url:string}".into(),
    };
    (event, Some(signature))
}

fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap()
}

fn main() {
    let folder = tempfile::tempdir_in(".").unwrap();
    let raw = Connection::open(folder.path().join("raw.db")).unwrap();
    raw.pragma_update(None, "journal_mode", "WAL").unwrap();
    raw.pragma_update(None, "synchronous", "FULL").unwrap();
    raw.execute_batch("CREATE TABLE event (id INTEGER PRIMARY KEY, body TEXT)")
        .unwrap();
    let store = Store::open(&folder.path().join("store")).unwrap();
    let tenant = TenantId::default();
    let rows = store.tenant(&tenant);
    let act = Act::now("bench", "bench");
    let body = "x".repeat(200);

    let (mut of_raw, mut of_store) = (Vec::new(), Vec::new());
    for number in 0..COMMITS {
        of_raw.push(timed(|| {
            raw.prepare_cached("INSERT INTO event (body) VALUES (?1)")
                .unwrap()
                .execute([&body])
                .unwrap();
        }));
        of_store.push(timed(|| {
            rows.record(&[failure(number)], &act).unwrap();
        }));
    }
    let (raw_time, store_time) = (median(of_raw), median(of_store));
    let ratio = store_time.as_secs_f64() / raw_time.as_secs_f64();
    println!(
        "one event a commit: {store_time:.1?}, SQLite's own commit {raw_time:.1?}, ratio {ratio:.2} (bar 1.20)"
    );

    let batches: Vec<Vec<_>> = (0..BATCHES)
        .map(|batch| {
            (0..BATCH)
                .map(|number| failure(COMMITS + batch * BATCH + number))
                .collect()
        })
        .collect();
    let spent = timed(|| {
        for batch in &batches {
            rows.record(batch, &act).unwrap();
        }
    });
    let rate = (BATCH * BATCHES) as f64 / spent.as_secs_f64();
    println!("batches of {BATCH}: {rate:.0} events/s (bar 50000)");
}

//! The store through its public API, one folder and one real database a test.
#![expect(
    clippy::disallowed_methods,
    reason = "a server of its own is started for a test"
)]
#![expect(clippy::print_stdout, reason = "what was skipped is said")]
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may fail like the test"
)]

mod anomalies;
mod audit;
mod faults;
mod migrations;
mod postgresql;
mod quarantine;
mod reports;
mod sample;
mod tls;
mod transfer;

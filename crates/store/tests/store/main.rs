//! The store through its public API, one folder and one real database a test.
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may fail like the test"
)]

mod audit;
mod faults;
mod quarantine;
mod reports;
mod sample;

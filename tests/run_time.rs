//! The subcommands on the store, as an operator types them.
#![expect(
    clippy::disallowed_methods,
    reason = "the program itself is what is tested"
)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of a test may fail like the test"
)]

#[path = "run_time/program.rs"]
mod program;
#[path = "run_time/quarantine.rs"]
mod quarantine;
#[path = "run_time/remedies.rs"]
mod remedies;
#[path = "run_time/store.rs"]
mod store;
#[path = "run_time/telemetry.rs"]
mod telemetry;

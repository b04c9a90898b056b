//! The `skillgate` binary from the outside: real skills, bad input, exit codes, options and actions.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "the tests start the binary, and a failed one may panic"
)]

#[path = "gate/actions.rs"]
mod actions;
#[path = "gate/bad_input.rs"]
mod bad_input;
#[path = "gate/configuration.rs"]
mod configuration;
#[path = "gate/documentation.rs"]
mod documentation;
#[path = "gate/exits.rs"]
mod exits;
#[path = "gate/hook.rs"]
mod hook;
#[path = "gate/interruption.rs"]
mod interruption;
#[path = "gate/manifests.rs"]
mod manifests;
#[path = "gate/odd_files.rs"]
mod odd_files;
#[path = "gate/options.rs"]
mod options;
#[path = "gate/parity.rs"]
mod parity;
#[path = "gate/place.rs"]
mod place;
#[path = "gate/policy.rs"]
mod policy;
#[path = "gate/running.rs"]
mod running;
#[path = "gate/simulating.rs"]
mod simulating;
#[path = "gate/skills.rs"]
mod skills;
#[path = "gate/suggest.rs"]
mod suggest;

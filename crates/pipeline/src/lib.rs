//! The one place where the layers stand in order.

mod accepted;
mod action;
mod advisor;
mod again;
mod assemble;
mod baseline;
mod behaviour;
mod cache;
mod chosen;
mod config;
mod danger;
mod decide;
mod declaration;
mod discover;
mod elsewhere;
mod error;
mod gate;
mod gate_rules;
mod immunity;
mod load;
mod manifest;
mod patch;
mod permit;
mod place;
mod simulated;
mod telemetry;
mod tools;

pub use accepted::Accepted;
pub use action::{ActionError, beside, promote, quarantine};
pub use again::{AgainError, Known, reload};
pub use assemble::{LazyScanner, policy_in, rule_files};
pub use baseline::Baseline;
pub use cache::Cache;
pub use chosen::Chosen;
pub use config::file::{ConfigError, Loaded, Origin};
pub use config::{Config, Requirement, Suppression};
pub use declaration::{Proposal, declare};
pub use discover::{
    Candidate, CandidateKind, Discovery, WELL_KNOWN, discover, shared_names, well_known,
};
pub use error::GateError;
pub use gate::{Examined, Gate, Simulation};
pub use gate_rules::{GATE_RULES, GateRule};
pub use immunity::{Ended, Immunity, Recorded, Refused, Remedy};
pub use load::{LoadLimits, load};
pub use patch::unified;
pub use telemetry::{Telemetry, TelemetryError};
pub use tools::tools_of;

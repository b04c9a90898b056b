//! The one place where the layers stand in order.

mod action;
mod config;
mod discover;
mod error;
mod load;
mod manifest;

pub use action::{ActionError, beside, promote, quarantine};
pub use config::{Config, ConfigError, Grant, Loaded, Origin, Requirement, Suppression};
pub use discover::{Candidate, CandidateKind, Discovery, WELL_KNOWN, discover, well_known};
pub use error::GateError;
pub use load::{LoadLimits, load};

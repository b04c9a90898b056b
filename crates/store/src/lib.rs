//! What the gate and the run time remember: reports, quarantine, promotions and their audit trail.
//!
//! Every row belongs to a tenant, and only [`Tenant`] can read or write rows, so that a query
//! without one does not compile. Every change is one transaction with its audit entry inside.

mod anomalies;
mod approvals;
mod audit;
mod engine;
mod error;
mod events;
mod housekeeping;
mod migrate;
mod postgresql;
mod promotions;
mod quarantine;
mod reports;
mod signed_head;
mod sqlite;
mod store;
mod tenant;
mod tls;
mod transfer;

pub use audit::{AuditHead, ChainFault};
pub use error::StoreError;
pub use events::Recording;
pub use housekeeping::Cleaned;
pub use signed_head::{AuditKey, SignedHead};
pub use store::Store;
pub use tenant::{Act, Tenant};
pub use transfer::Transfer;

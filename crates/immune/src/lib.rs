//! The run time's immune system: state in, events in, decisions out; no I/O, the clock passed in.

mod normalise;
mod shape;
mod signature;

pub use shape::shape;
pub use signature::{Failure, SIGNATURE_VERSION, sign};

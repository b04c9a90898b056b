//! The run time's immune system: state in, events in, decisions out; no I/O, the clock passed in.

mod breaker;
mod immune;
mod index;
mod metrics;
mod nearest;
mod normalise;
mod otlp;
mod screen;
mod settings;
mod shape;
mod signature;
mod window;

pub use breaker::Check;
pub use immune::{Change, Immune};
pub use metrics::{Alert, Counter, Metrics, Watch};
pub use nearest::nearest;
pub use otlp::Source;
pub use screen::{PROCEDURE_BYTES, screen, untrusted};
pub use settings::{PREFIX, Scope, Settings, SettingsError};
pub use shape::{part_of, shape};
pub use signature::{Failure, SIGNATURE_VERSION, sign};

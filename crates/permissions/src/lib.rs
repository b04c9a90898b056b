//! Layer 3 and the run-time matcher: one scope grammar, one matcher, one explanation.

mod audit;
mod builtin;
mod call;
pub mod cedar;
mod chain;
mod comparison;
mod decision;
mod explain;
mod file;
mod glob;
mod host;
mod least;
pub mod log;
mod name;
mod path;
mod pattern;
mod policy;
mod program;
mod resource;
mod scope;
pub mod translate;
mod trie;

pub use audit::{AuditError, AuditLog, AuditMode};
pub use builtin::{BuiltinRule, DEFAULT_DENIES, DEFAULT_GRANTS};
pub use call::Argument;
pub use chain::{Chain, ChainDecision, DepthError, MAX_DEPTH, decide_all, is_subset};
pub use comparison::{Comparison, Declared, MAX_DECLARED, Need};
pub use decision::{Cause, Decision, Request};
pub use explain::nearest_grant;
pub use file::{Example, GrantTable, Place, PolicyError, PolicyFile, PolicyTables};
pub use least::{Suggestion, least};
pub use name::{MAX_NAME_CHARS, NameError};
pub use pattern::PatternError;
pub use policy::{CompileError, Policy, PolicyText, Rule, RuleKind, check_permission};
pub use resource::ResourceError;
pub use scope::{Scope, ScopeError, ScopeFault};

//! Layer 3 and the run-time matcher: one scope grammar, one matcher, one explanation.

mod chain;
mod comparison;
mod decision;
mod glob;
mod host;
mod name;
mod path;
mod pattern;
mod policy;
mod program;
mod resource;
mod scope;
mod trie;

pub use chain::{Chain, ChainDecision, DepthError, MAX_DEPTH, decide_all, is_subset};
pub use comparison::{Comparison, Declared, MAX_DECLARED, Need};
pub use decision::{Cause, Decision, Request};
pub use name::{MAX_NAME_CHARS, NameError};
pub use pattern::PatternError;
pub use policy::{CompileError, Policy, PolicyText, Rule, RuleKind, check_permission};
pub use resource::ResourceError;
pub use scope::{Scope, ScopeError, ScopeFault};

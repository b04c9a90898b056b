//! Delegation: a child has at most its parent's rights, and chains are bounded.

use crate::decision::{Decision, Request};
use crate::policy::Policy;
use crate::scope::Scope;

/// How many times rights may be handed on; the seeds' own bound.
pub const MAX_DEPTH: usize = 8;

/// A child may not be made at this depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "spawn rejected: maximum spawn depth {MAX_DEPTH} reached (current depth {depth}).\n\
     Child processes inherit your device restrictions and cannot gain new\n\
     permissions by spawning deeper. Use complete to report your results\n\
     with the devices you have."
)]
pub struct DepthError {
    /// The depth of the one who asked.
    pub depth: usize,
}

/// Policies that all have to allow, the first holder's first.
#[derive(Debug, Clone)]
pub struct Chain<'p> {
    root: &'p Policy,
    children: Vec<&'p Policy>,
}

impl<'p> Chain<'p> {
    /// A chain of depth 0, for whoever a person or a service started.
    pub fn root(policy: &'p Policy) -> Self {
        Self {
            root: policy,
            children: Vec::new(),
        }
    }

    /// Hands the rights on, narrowed by one more policy.
    pub fn child(&self, policy: &'p Policy) -> Result<Self, DepthError> {
        let depth = self.depth();
        if depth >= MAX_DEPTH {
            return Err(DepthError { depth });
        }
        let mut child = self.clone();
        child.children.push(policy);
        Ok(child)
    }

    /// How many times the rights were handed on.
    pub fn depth(&self) -> usize {
        self.children.len()
    }

    /// Allows only what every link allows.
    pub fn decide(&self, request: &Request<'_>) -> ChainDecision<'p> {
        decide_all(self.root, &self.children, request)
    }
}

/// A decision, and the link of the chain that took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct ChainDecision<'p> {
    /// From 0; the first that refused, or the last when all allow.
    pub link: usize,
    /// Its decision.
    pub decision: Decision<'p>,
}

/// The intersection of policies, for instance caller, skill and operator.
pub fn decide_all<'p>(
    first: &'p Policy,
    others: &[&'p Policy],
    request: &Request<'_>,
) -> ChainDecision<'p> {
    let mut last = ChainDecision {
        link: 0,
        decision: first.decide(request),
    };
    for (link, policy) in (1..).zip(others) {
        if !last.decision.allow {
            break;
        }
        last = ChainDecision {
            link,
            decision: policy.decide(request),
        };
    }
    last
}

/// Whether every scope of the child lies within one scope of the parent.
///
/// A union is not pieced together: `a:*` beside `b:*` never includes `**`.
pub fn is_subset(child: &[Scope], parent: &[Scope]) -> bool {
    child
        .iter()
        .all(|narrow| parent.iter().any(|wide| wide.includes(narrow)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicyText;

    #[test]
    fn the_ninth_generation_is_refused_in_the_seeds_words() {
        let policy = Policy::compile(&PolicyText::default()).unwrap();
        let mut chain = Chain::root(&policy);
        for _ in 0..MAX_DEPTH {
            chain = chain.child(&policy).unwrap();
        }
        assert_eq!(chain.depth(), 8);
        assert_eq!(
            chain.child(&policy).unwrap_err().to_string(),
            "spawn rejected: maximum spawn depth 8 reached (current depth 8).\n\
             Child processes inherit your device restrictions and cannot gain new\n\
             permissions by spawning deeper. Use complete to report your results\n\
             with the devices you have."
        );
    }
}

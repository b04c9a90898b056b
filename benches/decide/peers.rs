//! Cedar and Casbin with the rules of the bench.

use std::pin::pin;
use std::task::{Context as Task, Poll, Waker};

use casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, PolicySet, Request as CedarRequest,
    RestrictedExpression,
};
use skillgate_permissions::cedar::{CedarValue, context, export};
use skillgate_permissions::{Policy, Request};

/// The exported policy, with one request for each name.
pub(crate) struct Cedar {
    policies: PolicySet,
    requests: Vec<CedarRequest>,
    authorizer: Authorizer,
    entities: Entities,
}

impl Cedar {
    pub(crate) fn new(policy: &Policy, names: &[String]) -> Self {
        Self {
            policies: export(policy).text.parse().unwrap(),
            requests: names.iter().map(|name| request(name)).collect(),
            authorizer: Authorizer::new(),
            entities: Entities::empty(),
        }
    }

    /// Decides on the request for one of the names.
    pub(crate) fn decide(&self, at: usize) -> bool {
        let request = self.requests.get(at).unwrap();
        let answer = self
            .authorizer
            .is_authorized(request, &self.policies, &self.entities);
        answer.decision() == Decision::Allow
    }
}

fn request(name: &str) -> CedarRequest {
    let attributes = context(&Request::tool(name)).unwrap();
    let attributes = attributes.into_iter().map(|(key, value)| match value {
        CedarValue::Bool(value) => (key, RestrictedExpression::new_bool(value)),
        CedarValue::Long(value) => (key, RestrictedExpression::new_long(value)),
        CedarValue::String(value) => (key, RestrictedExpression::new_string(value)),
    });
    CedarRequest::new(
        "Skill::\"any\"".parse().unwrap(),
        "Action::\"use\"".parse().unwrap(),
        "Tool::\"any\"".parse().unwrap(),
        Context::from_pairs(attributes).unwrap(),
        None,
    )
    .unwrap()
}

const MODEL: &str = "
[request_definition]
r = name
[policy_definition]
p = scope, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = keyMatch(r.name, p.scope)
";

/// Deny wins, and a star at the end is any text, which is all that the rules of the bench need.
pub(crate) struct Casbin(Enforcer);

impl Casbin {
    pub(crate) fn new(allow: &[String], deny: &[String]) -> Self {
        let rules = |scopes: &[String], effect: &str| -> Vec<Vec<String>> {
            let path = |scope: &String| scope.replace(':', "/").replace("**", "*");
            let rule = |scope: &String| vec![path(scope), effect.to_owned()];
            scopes.iter().map(rule).collect()
        };
        let all = [rules(allow, "allow"), rules(deny, "deny")].concat();
        Self(ready(async {
            let model = DefaultModel::from_str(MODEL).await.unwrap();
            let mut enforcer = Enforcer::new(model, MemoryAdapter::default())
                .await
                .unwrap();
            enforcer.add_policies(all).await.unwrap();
            enforcer
        }))
    }

    pub(crate) fn decide(&self, name: &str) -> bool {
        self.0.enforce((name,)).unwrap()
    }
}

/// Nothing here waits for anything, so no runtime is needed.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Task::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("rules in memory are there at once"),
    }
}

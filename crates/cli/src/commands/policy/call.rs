//! `skillgate policy check | explain`: one call, decided and explained.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args as Arguments;
use serde_json::json;
use skillgate_permissions::{Argument, Decision, Policy, Request, Rule, RuleKind};

use super::source::Source;
use crate::commands::rows::RowFormat;

#[derive(Debug, Arguments)]
pub(crate) struct Call {
    /// The tool, `filesystem.read`, or a request with its resource, `filesystem:read(/data/a.csv)`
    tool: String,
    /// An argument of the call; one that is repeated is a list
    #[arg(long = "arg", value_name = "NAME=VALUE", value_parser = argument)]
    arguments: Vec<(String, String)>,
    #[command(flatten)]
    source: Source,
    /// How the result is written
    #[arg(long, value_enum, default_value = "text")]
    format: RowFormat,
}

fn argument(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        Some(_) | None => Err("expected `name=value`".to_owned()),
    }
}

impl Call {
    pub(super) fn check(&self) -> anyhow::Result<ExitCode> {
        self.decide(|request, decision| {
            let word = if decision.allow { "allow" } else { "deny" };
            format!("{word}: {}\n", decision.explain(request))
        })
    }

    pub(super) fn explain(&self) -> anyhow::Result<ExitCode> {
        self.decide(explanation)
    }

    fn decide(&self, text: fn(&Request<'_>, &Decision<'_>) -> String) -> anyhow::Result<ExitCode> {
        let policy = self.source.policy()?;
        let mut lists: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, value) in &self.arguments {
            lists.entry(name).or_default().push(value);
        }
        let (request, decision) = judge(&policy, &self.tool, &lists)?;
        let record = json!({
            "allow": decision.allow,
            "name": request.name,
            "resource": request.resource,
            "cause": decision.reason.as_str(),
            "rule": decision.rule.map(|rule| rule.scope.as_str()),
            "rule_id": decision.rule.map(|rule| rule.id),
            "why": decision.explain(&request),
            "nearest_grant": decision.remedy(&request).map(|scope| scope.as_str().to_owned()),
        });
        super::print(self.format, &record, &text(&request, &decision))?;
        Ok(super::exit(decision.allow))
    }
}

fn judge<'p, 'a>(
    policy: &'p Policy,
    tool: &'a str,
    lists: &'a BTreeMap<&str, Vec<&'a str>>,
) -> anyhow::Result<(Request<'a>, Decision<'p>)> {
    if lists.is_empty() {
        let request = Request::parse(tool)?;
        return Ok((request, policy.decide(&request)));
    }
    let arguments: Vec<(&str, Argument<'_>)> = lists
        .iter()
        .map(|(name, values)| match values.as_slice() {
            [value] => (*name, Argument::Text(value)),
            values => (*name, Argument::List(values)),
        })
        .collect();
    Ok(policy.judge_call(tool, &arguments))
}

fn explanation(request: &Request<'_>, decision: &Decision<'_>) -> String {
    let rule = decision.rule.map_or_else(|| "none".to_owned(), shown);
    let grant = match decision.remedy(request) {
        Some(scope) => scope.as_str().escape_debug().to_string(),
        None if decision.allow => "none is needed".to_owned(),
        None => "none would allow it".to_owned(),
    };
    format!(
        "{}\nrule   {rule}\ngrant  {grant}\n",
        decision.explain(request)
    )
}

fn shown(rule: &Rule) -> String {
    let kind = match rule.kind {
        RuleKind::Allow => "allow",
        RuleKind::Deny => "deny",
        RuleKind::Quarantine => "quarantine",
    };
    format!("{} {kind} {}", rule.id, rule.scope.as_str().escape_debug())
}

//! `skillgate policy test | check | explain | diff | export`: what a policy says, before it is in force.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args as Arguments, Subcommand, ValueEnum};

use super::rows::RowFormat;

mod call;
mod diff;
mod examples;
mod source;

/// Something is refused, fails or changes.
const NO: u8 = 1;

#[derive(Debug, Arguments)]
pub(crate) struct Policy {
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Decide the examples of a policy and say each; exits with 1 when one does not hold
    Test {
        /// A policy file or a configuration [default: the configuration in force]
        file: Option<PathBuf>,
        /// How the result is written
        #[arg(long, value_enum, default_value = "text")]
        format: RowFormat,
    },
    /// Decide one call; exits with 0 when it is allowed and with 1 when it is denied
    Check(call::Call),
    /// Decide one call and say which rule decided and which grant would allow it
    Explain(call::Call),
    /// Print the calls of a decision log that a new policy decides otherwise; exits with 1 when there are any
    Diff(diff::Diff),
    /// Write the policy of one skill in another language
    Export {
        /// The language
        #[arg(long, value_enum)]
        format: Language,
        #[command(flatten)]
        source: source::Source,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// Cedar, with the context that the head of the export describes
    Cedar,
}

pub(crate) fn run(args: &Policy) -> anyhow::Result<ExitCode> {
    match &args.command {
        PolicyCommand::Test { file, format } => examples::run(file.as_deref(), *format),
        PolicyCommand::Check(call) => call.check(),
        PolicyCommand::Explain(call) => call.explain(),
        PolicyCommand::Diff(diff) => diff.run(),
        PolicyCommand::Export {
            format: Language::Cedar,
            source,
        } => {
            let cedar = skillgate_permissions::cedar::export(&source.policy()?);
            super::print(&cedar.to_string())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// 0 for yes, 1 for no.
fn exit(yes: bool) -> ExitCode {
    if yes {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(NO)
    }
}

fn print(format: RowFormat, record: &impl serde::Serialize, text: &str) -> anyhow::Result<()> {
    match format {
        RowFormat::Json => super::print(&(serde_json::to_string_pretty(record)? + "\n")),
        RowFormat::Text => super::print(text),
    }
}

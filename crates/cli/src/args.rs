//! The command line, as clap reads it.

use std::path::PathBuf;

use clap::{Args as Arguments, Parser, Subcommand, ValueEnum};
use skillgate_model::{Profile, Severity};

/// The gate for skills that machines write.
#[derive(Debug, Parser)]
#[command(
    name = "skillgate",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Examine skills: static scan, simulation, permissions; then promote or quarantine
    Scan(Box<Scan>),
    /// Run one skill in the sandbox and show what it did
    Run(Run),
    /// Print the least that a skill must declare, as a patch for its manifest
    Suggest(Suggest),
    /// Show a report from the store again
    Report(Report),
    /// List, show and test rules
    Rules(Rules),
    /// Test, ask, compare and export policies
    Policy(crate::commands::policy::Policy),
    /// Answer an agent that asks before it uses a tool
    Hook(crate::commands::hook::Hook),
    /// List, show, release and add what is quarantined
    Quarantine(crate::commands::quarantine::Quarantine),
    /// Note a remedy against a failure that repeats
    Vaccinate(Box<crate::commands::vaccinate::Vaccinate>),
    /// List, show and record failures of tools
    Anomaly(crate::commands::anomaly::Anomaly),
    /// Verify and print the audit trail
    Audit(crate::commands::audit::Audit),
    /// Check, copy and move the store
    Store(crate::commands::store::Store),
    /// Show the configuration that holds
    Config(Config),
    /// Write a commented `skillgate.toml`
    Init(Init),
    /// Say what this machine's sandbox can enforce
    Doctor(Doctor),
    /// Print a shell's completion script
    Completions(Completions),
}

/// Exit codes: 0 all promoted; 1 something quarantined; 2 usage or configuration; 3 nothing to scan;
/// 4 an examination could not be completed.
#[derive(Debug, Arguments)]
#[command(
    after_help = "Exit codes: 0 all promoted, 1 something quarantined, 2 usage or configuration,\n3 nothing to scan, 4 an examination could not be completed."
)]
pub(crate) struct Scan {
    /// Skill files, skill folders or trees of both; what is named is examined whatever it is
    /// [default: the well-known skill folders]
    pub(crate) paths: Vec<PathBuf>,
    /// What an undeclared effect means
    #[arg(long, value_enum)]
    pub(crate) profile: Option<ProfileArg>,
    /// How the result is written
    #[arg(long, default_value = "text", value_parser = clap::builder::PossibleValuesParser::new(crate::commands::format_names()))]
    pub(crate) format: String,
    /// Write the result to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Leave out the simulation; the verdict says so
    #[arg(long, conflicts_with = "backend")]
    pub(crate) static_only: bool,
    /// Simulate in this backend
    #[arg(long, value_name = "NAME")]
    pub(crate) backend: Option<String>,
    /// Limits of the simulation by the name of a preset, for instance `strict` or `memory-small`
    #[arg(long, value_name = "PRESET")]
    pub(crate) limits: Option<String>,
    /// Examine everything anew
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Findings of this severity and above are reason enough
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<SeverityArg>,
    /// Exit with 0 whatever the verdicts say; errors keep their codes
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// Copy promoted skills to this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) promote_to: Option<PathBuf>,
    /// Move quarantined skills to this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) quarantine_to: Option<PathBuf>,
    /// For whom the result is: the author gets the verdict and the remedy, not the detector's details
    #[arg(long, value_enum, default_value = "operator")]
    pub(crate) audience: AudienceArg,
    /// Accept the findings recorded in this file; it is written where it does not exist
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Skills examined at the same time [default: one for each core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    #[command(flatten)]
    pub(crate) place: crate::commands::rows::Place,
    /// Read this configuration instead of the nearest one
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print nothing but quarantined skills and errors
    #[arg(long, short, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print promoted skills in full, too
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ProfileArg {
    /// Deny every undeclared effect and every forbidden import
    Strict,
    /// Deny undeclared effects of skills that declare some, and dangerous ones always
    Standard,
    /// Record and never block
    Observe,
}

impl From<ProfileArg> for Profile {
    fn from(profile: ProfileArg) -> Self {
        match profile {
            ProfileArg::Strict => Self::Strict,
            ProfileArg::Standard => Self::Standard,
            ProfileArg::Observe => Self::Observe,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SeverityArg {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl From<SeverityArg> for Severity {
    fn from(severity: SeverityArg) -> Self {
        match severity {
            SeverityArg::Info => Self::Info,
            SeverityArg::Low => Self::Low,
            SeverityArg::Medium => Self::Medium,
            SeverityArg::High => Self::High,
            SeverityArg::Critical => Self::Critical,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum AudienceArg {
    /// Everything
    Operator,
    /// The verdict and the remedy
    Author,
}

impl From<AudienceArg> for skillgate_report::Audience {
    fn from(audience: AudienceArg) -> Self {
        match audience {
            AudienceArg::Operator => Self::Operator,
            AudienceArg::Author => Self::Author,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum TraceArg {
    /// For people
    Text,
    /// Everything
    Json,
}

#[derive(Debug, Arguments)]
pub(crate) struct Run {
    /// A skill file or a skill folder
    pub(crate) path: PathBuf,
    /// Run in this backend
    #[arg(long, value_name = "NAME")]
    pub(crate) backend: Option<String>,
    /// Limits by the name of a preset, for instance `strict` or `memory-small`
    #[arg(long, value_name = "PRESET")]
    pub(crate) limits: Option<String>,
    /// How what it did is written
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(crate) trace: TraceArg,
    /// Read this configuration instead of the nearest one
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Arguments)]
pub(crate) struct Suggest {
    /// A skill file or a skill folder
    pub(crate) path: PathBuf,
    /// Go by the code alone, without running it
    #[arg(long)]
    pub(crate) static_only: bool,
    /// Read this configuration instead of the nearest one
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Arguments)]
pub(crate) struct Report {
    /// Id of a report, or its beginning, or the name of a skill
    pub(crate) id: Option<String>,
    /// How the report is written
    #[arg(long, default_value = "text", value_parser = clap::builder::PossibleValuesParser::new(crate::commands::format_names()))]
    pub(crate) format: String,
    /// For whom the report is
    #[arg(long, value_enum, default_value = "operator")]
    pub(crate) audience: AudienceArg,
    #[command(flatten)]
    pub(crate) place: crate::commands::rows::Place,
    /// Read this configuration instead of the nearest one
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Arguments)]
pub(crate) struct Rules {
    #[command(subcommand)]
    pub(crate) command: RulesCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Print every rule in force
    List {
        /// Write JSON
        #[arg(long)]
        json: bool,
    },
    /// Print everything about one rule
    Show {
        /// For instance SEC-CALL-001
        id: String,
    },
    /// Check rules of your own against their fixtures
    Test {
        /// A folder with `rules/` and `fixtures/`
        folder: PathBuf,
    },
}

#[derive(Debug, Arguments)]
pub(crate) struct Config {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print what holds, and where each value comes from
    Show {
        /// Read this configuration instead of the nearest one
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

#[derive(Debug, Arguments)]
pub(crate) struct Init {
    /// Folder that gets the file
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Arguments)]
pub(crate) struct Doctor {
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Read this configuration instead of the nearest one
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Arguments)]
pub(crate) struct Completions {
    /// bash, elvish, fish, powershell or zsh
    pub(crate) shell: clap_complete::Shell,
}

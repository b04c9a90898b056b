//! The `skillgate` command, for its own binary and for the Python package.

mod args;
mod commands;
mod interrupt;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};

/// Everything on the command line or in the configuration that cannot be used.
const USAGE: u8 = 2;

/// Does what the command line says, the program's own name first.
pub fn main_from(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(error) => {
            // Help is an error of this kind as well, and nobody may be there to read it.
            let _ = error.print();
            return u8::try_from(error.exit_code()).map_or(ExitCode::from(USAGE), ExitCode::from);
        }
    };
    match run(args.command) {
        Ok(code) => code,
        Err(_) if interrupt::is_set() => ExitCode::from(interrupt::EXIT),
        Err(error) => {
            commands::say(format_args!("error: {error:#}"));
            ExitCode::from(USAGE)
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Scan(scan) => commands::scan::run(&scan),
        Command::Run(run) => commands::run::run(&run),
        Command::Suggest(suggest) => commands::suggest::run(&suggest),
        Command::Report(report) => commands::report::run(&report),
        Command::Policy(policy) => commands::policy::run(&policy),
        Command::Hook(hook) => commands::hook::run(&hook),
        Command::Rules(rules) => commands::rules::run(&rules),
        Command::Quarantine(quarantine) => commands::quarantine::run(&quarantine),
        Command::Vaccinate(vaccinate) => commands::vaccinate::run(&vaccinate),
        Command::Anomaly(anomaly) => commands::anomaly::run(&anomaly),
        Command::Audit(audit) => commands::audit::run(&audit),
        Command::Store(store) => commands::store::run(&store),
        Command::Config(config) => commands::config::run(&config),
        Command::Init(init) => commands::init::run(&init),
        Command::Doctor(doctor) => commands::doctor::run(&doctor),
        Command::Completions(completions) => commands::completions::run(&completions),
    }
}

//! `skillgate completions SHELL`.

use std::process::ExitCode;

use clap::CommandFactory;

use crate::args::{Args, Completions};

pub(crate) fn run(args: &Completions) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "skillgate", &mut script);
    super::print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}

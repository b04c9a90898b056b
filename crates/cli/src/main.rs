//! The `skillgate` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The sandbox starts this very program again; that call never comes back.
    skillgate_sandbox::entry_if_reexecuted();
    skillgate_cli::main_from(std::env::args_os())
}

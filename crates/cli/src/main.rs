//! The `skillgate` binary.

use std::process::ExitCode;

/// A third of a scan's time went into the system's allocator; `benches/peers.sh` measures the whole.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The sandbox starts this very program again; that call never comes back.
    skillgate_sandbox::entry_if_reexecuted();
    skillgate_cli::main_from(std::env::args_os())
}

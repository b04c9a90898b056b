//! The command line, and the sandbox's launcher where Python is the executable.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use pyo3::prelude::*;

/// Usage, as the command line has it; no other status can be meant by one that is unknown.
const UNKNOWN: u8 = 2;

/// Does what the command line says, the program's own name first, and gives the exit status.
#[pyfunction]
pub(crate) fn main(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    let code = py.detach(|| skillgate_cli::main_from(arguments));
    let status = (0..=u8::MAX).find(|status| ExitCode::from(*status) == code);
    status.unwrap_or(UNKNOWN)
}

/// Loads the native module alone, which is named by the first argument, and serves.
const LAUNCHER: &str = "\
import sys
from importlib.machinery import ExtensionFileLoader, ModuleSpec
loader = ExtensionFileLoader('skillgate._native', sys.argv[1])
module = loader.create_module(ModuleSpec('skillgate._native', loader, origin=sys.argv[1]))
loader.exec_module(module)
module.serve_as_launcher()
";

/// The sandbox starts an executable again, which is Python here, and so has to be told what it is.
#[pyfunction]
pub(crate) fn use_launcher(interpreter: PathBuf, module: OsString) {
    let isolated = ["-I", "-S", "-B", "-c", LAUNCHER].map(OsString::from);
    let arguments = isolated.into_iter().chain([module]).collect();
    skillgate_sandbox::use_launcher(interpreter, arguments);
}

/// Serves the sandbox of another process until that is gone.
#[pyfunction]
pub(crate) fn serve_as_launcher() {
    skillgate_sandbox::serve_as_launcher()
}

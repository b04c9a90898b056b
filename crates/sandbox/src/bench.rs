//! One bare program in the jail, for measuring what the jail itself costs.

use skillgate_model::{ExitReason, Limits};

use crate::docker::Docker;
use crate::native::bare;
use crate::native::notify::Attempt;
use crate::native::supervise::Driver;
use crate::{Choice, SandboxError};

/// Nobody to talk to.
struct Silent;

impl Driver for Silent {
    fn greeting(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn received(&mut self, _: &[u8]) -> Vec<u8> {
        Vec::new()
    }

    fn attempted(&mut self, _: Attempt, _: bool) {}
}

/// Runs `python3` with these arguments in the native sandbox, watched or not; `false` when it did not end well.
pub fn python_in_jail(arguments: &[&str], observed: bool) -> Result<bool, SandboxError> {
    let ended = bare(&Limits::default(), arguments, observed, &mut Silent)?;
    Ok(ended.exit.reason == ExitReason::Exit && ended.exit.code == Some(0))
}

/// Runs `python3` with these arguments in a container of this image; `false` when it did not end well.
pub fn python_in_container(image: &str, arguments: &[&str]) -> Result<bool, SandboxError> {
    let choice = Choice {
        image: Some(image.to_owned()),
        ..Choice::default()
    };
    let ended = Docker::new(&choice).bare(arguments, &mut Silent)?;
    Ok(ended.exit.reason == ExitReason::Exit && ended.exit.code == Some(0))
}

/// What the interpreter inside sees, for running it elsewhere in the same way.
pub struct View {
    /// How it is started.
    pub program: String,
    /// Paths that can be read.
    pub visible: Vec<String>,
    /// Links of the root and their targets.
    pub links: Vec<(String, String)>,
}

/// The interpreter that runs inside.
pub fn python() -> Result<View, String> {
    let python = crate::interpreter::python(None)?;
    Ok(View {
        program: python.name.clone(),
        visible: python.visible.clone(),
        links: python.links.clone(),
    })
}

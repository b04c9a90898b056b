//! Where the result goes: standard output, or a file that appears whole or not at all.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use skillgate_report::Style;

use crate::args::Scan;
use crate::commands::wants_color;

/// Standard output, or a file that appears whole or not at all.
pub(super) enum Output {
    Standard(io::Stdout),
    File(Box<tempfile::NamedTempFile>, PathBuf),
}

impl Output {
    pub(super) fn open(args: &Scan) -> anyhow::Result<Self> {
        let Some(path) = &args.output else {
            return Ok(Self::Standard(io::stdout()));
        };
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let file = tempfile::NamedTempFile::new_in(folder)
            .with_context(|| format!("cannot write in `{}`", folder.display()))?;
        Ok(Self::File(Box::new(file), path.clone()))
    }

    pub(super) fn style(&self, args: &Scan) -> Style {
        let color = match self {
            Self::Standard(stdout) => wants_color(stdout),
            Self::File(..) => false,
        };
        Style {
            color,
            width: 100,
            verbose: args.verbose,
            quiet: args.quiet,
            audience: args.audience.into(),
        }
    }

    pub(super) fn close(self) -> anyhow::Result<()> {
        match self {
            Self::Standard(_) => Ok(()),
            Self::File(file, path) => {
                let persisted = file.persist(&path).map_err(|error| error.error);
                persisted
                    .map(|_| ())
                    .with_context(|| format!("cannot write `{}`", path.display()))
            }
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard(stdout) => stdout.write(bytes),
            Self::File(file, _) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard(stdout) => stdout.flush(),
            Self::File(file, _) => file.flush(),
        }
    }
}

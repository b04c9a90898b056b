//! `skillgate init`: a commented `skillgate.toml`.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;

use crate::args::Init;

/// The file that is written; a test proves that it holds exactly the built-in values.
pub(crate) const TEMPLATE: &str = include_str!("../skillgate.toml");

pub(crate) fn run(args: &Init) -> anyhow::Result<ExitCode> {
    let path = args.folder.join("skillgate.toml");
    let mut file = std::fs::File::create_new(&path).with_context(|| {
        format!(
            "`{}` is not written; an existing file is never replaced",
            path.display()
        )
    })?;
    file.write_all(TEMPLATE.as_bytes())
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    super::print(&format!("wrote {}\n", path.display()))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use skillgate_pipeline::{Config, Loaded};

    #[test]
    fn the_written_file_holds_the_built_in_values() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("skillgate.toml");
        std::fs::write(&path, super::TEMPLATE).unwrap();
        let loaded = Loaded::from_file(&path).unwrap();
        let mut written = loaded.config;
        written.store = None;
        assert_eq!(format!("{written:?}"), format!("{:?}", Config::default()));
    }

    #[test]
    fn every_commented_example_is_valid_once_uncommented() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("skillgate.toml");
        let uncomment = |line: &str| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n";
        std::fs::write(
            &path,
            super::TEMPLATE.lines().map(uncomment).collect::<String>(),
        )
        .unwrap();
        let loaded = Loaded::from_file(&path).unwrap();
        assert_eq!(loaded.config.grant.len(), 2);
        assert_eq!(loaded.config.suppress.len(), 1);
    }
}

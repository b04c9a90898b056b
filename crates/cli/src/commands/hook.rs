//! `skillgate hook claude-code`: answers the host on standard output before it uses a tool.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args as Arguments, Subcommand};
use skillgate_permissions::hook::{Answer, MAX_EVENT_BYTES, Place, answer};
use skillgate_permissions::{Decision, Request};
use skillgate_pipeline::Loaded;

use super::{print, say};

/// To this host the only status that stops a tool; every other failure lets it go on.
const BLOCK: u8 = 2;

#[derive(Debug, Arguments)]
pub(crate) struct Hook {
    #[command(subcommand)]
    host: Host,
}

#[derive(Debug, Subcommand)]
enum Host {
    /// Answer a PreToolUse event of Claude Code that stands on standard input
    ClaudeCode(ClaudeCode),
}

#[derive(Debug, Arguments)]
struct ClaudeCode {
    /// The tables of the policy that hold, as if the agent were a skill of this name
    #[arg(long, value_name = "NAME", default_value = "claude-code")]
    skill: String,
    /// Deny where a person would be asked
    #[arg(long)]
    unattended: bool,
    /// Read this configuration instead of the nearest one at or above the project
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(crate) fn run(hook: &Hook) -> anyhow::Result<ExitCode> {
    let Host::ClaudeCode(args) = &hook.host;
    // A panic would end with a status that lets the tool go on.
    let answered = catch_unwind(AssertUnwindSafe(|| args.answer()));
    let answer = match answered {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => Answer::refusal(format!("{error:#}")),
        Err(_) => Answer::refusal("skillgate failed".to_owned()),
    };
    print(&(answer.to_json() + "\n"))?;
    if answer.understood {
        return Ok(ExitCode::SUCCESS);
    }
    // With this status the host reads standard error and not the answer.
    say(format_args!("skillgate: {}", answer.reason));
    Ok(ExitCode::from(BLOCK))
}

impl ClaudeCode {
    fn answer(&self) -> anyhow::Result<Answer> {
        let mut event = Vec::new();
        let limit = MAX_EVENT_BYTES as u64 + 1;
        let read = std::io::stdin().lock().take(limit).read_to_end(&mut event);
        read.context("the event cannot be read")?;
        let work = std::env::current_dir().context("the working directory cannot be found")?;
        // The session may have changed its folder, and the project is where it began.
        let project = std::env::var_os("CLAUDE_PROJECT_DIR").map(PathBuf::from);
        let loaded = self.configuration(project.as_deref().unwrap_or(&work))?;
        let file = loaded.policy()?;
        if !file.names(&self.skill) {
            bail!(
                "no `[[grant]]` of the configuration names `{}`, so nothing is granted",
                self.skill.escape_debug()
            );
        }
        let project = project.unwrap_or_else(|| loaded.folder.clone());
        let project = std::path::absolute(project).context("the project cannot be found")?;
        let home = std::env::var("HOME")
            .ok()
            .filter(|home| home.starts_with('/'));
        let guarded = guarded(&loaded, &project, home.as_deref());
        let place = Place {
            work: text(&work)?,
            project: text(&project)?,
            home: home.as_deref(),
            guarded: &guarded,
            behind_links: &behind_links,
        };
        let log = loaded.decision_log()?;
        let mut note = |request: &Request<'_>, decision: &Decision<'_>| match &log {
            Some(log) => log.record_now(&self.skill, request, decision),
            None => Ok(()),
        };
        let policy = file.for_skill(&self.skill, None);
        let answer = answer(&event, &policy, &place, &mut note);
        Ok(if self.unattended {
            answer.unattended()
        } else {
            answer
        })
    }

    fn configuration(&self, project: &Path) -> anyhow::Result<Loaded> {
        match &self.config {
            Some(file) => Ok(Loaded::from_file(file)?),
            None => Ok(Loaded::find(project, &[])?),
        }
    }
}

/// Our configuration, the log of decisions, and the host's settings, which name this very hook.
fn guarded(loaded: &Loaded, project: &Path, home: Option<&str>) -> Vec<PathBuf> {
    let own = loaded
        .file
        .iter()
        .filter_map(|file| std::path::absolute(file).ok());
    let settings = [Some(project), home.map(Path::new)].into_iter().flatten();
    let settings = settings.flat_map(|folder| {
        ["settings.json", "settings.local.json"].map(|name| folder.join(".claude").join(name))
    });
    own.chain(loaded.decisions_file()).chain(settings).collect()
}

/// Follows the links of the part that exists; what does not exist yet has none.
fn behind_links(path: &Path) -> Option<PathBuf> {
    for above in path.ancestors() {
        if let Ok(real) = above.canonicalize() {
            let rest = path.strip_prefix(above).ok()?;
            return Some(if rest.as_os_str().is_empty() {
                real
            } else {
                real.join(rest)
            });
        }
        // A link that leads nowhere yet could still be written through.
        if above.is_symlink() {
            return None;
        }
    }
    None
}

fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str()
        .with_context(|| format!("`{}` is not UTF-8", path.display()))
}

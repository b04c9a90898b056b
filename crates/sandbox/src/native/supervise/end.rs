//! The end of a run: what still runs is ended, what was written is taken, and the reason is found.

use std::os::fd::AsFd;

use skillgate_model::{Exit, ExitReason};

use super::super::cgroup::Group;
use super::{Ended, Run, interrupted};
use crate::{SandboxError, sys};

impl Run<'_> {
    /// Ends what still runs, takes what was written, says why it ended.
    pub(super) fn finish(mut self) -> Result<Ended, SandboxError> {
        self.ended.wall_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if self.status.is_none()
            && let Some((_, pidfd)) = &self.init
        {
            sys::kill_pidfd(pidfd.as_fd());
        }
        self.watcher = None;
        let proxied = self.proxy.take().map(|proxy| proxy.asked());
        self.ended.proxied = proxied.unwrap_or_default();
        let group = self.jail.group();
        let (peak, oom_kills) = group.map_or((None, self.oom_kills), Group::memory);
        self.ended.group = group.map(Group::version);
        match self.jail.end() {
            // What was ended from here has its reason already.
            Ok(ended) if self.vanished => self.killed = self.killed.or(ended),
            Err(words) => self.failure = Some(words),
            Ok(_) => {}
        }
        for stream in &mut self.streams {
            while stream.total <= self.spec.limits.output_bytes
                && stream.ready()
                && stream.read(32 << 10)
            {}
        }
        if interrupted() {
            return Err(SandboxError::Interrupted);
        }
        self.ended.cpu_ms = self.ended.cpu_ms.max(self.meter.cpu_ms);
        self.ended.peak_memory_bytes = peak.max(self.meter.peak_bytes);
        if oom_kills > 0 && self.killed.is_none() {
            self.killed = Some(ExitReason::Oom);
        }
        self.ended.output_bytes = self.streams.iter().map(|stream| stream.total).sum();
        self.ended.output = self.streams.map(|stream| stream.kept);
        self.ended.exit = exit(
            self.killed,
            self.status,
            self.failure,
            &self.ended,
            &self.spec.limits,
        );
        Ok(self.ended)
    }
}

/// The reason, from the strongest evidence to the weakest.
fn exit(
    killed: Option<ExitReason>,
    status: Option<(Option<i32>, Option<i32>)>,
    failure: Option<String>,
    ended: &Ended,
    limits: &skillgate_model::Limits,
) -> Exit {
    if let Some(reason) = killed {
        // A main process can end well after its child was killed for memory.
        let (code, signal) = status.unwrap_or((None, Some(libc::SIGKILL)));
        return Exit {
            reason,
            code,
            signal,
            detail: None,
        };
    }
    let Some((code, signal)) = status else {
        return Exit {
            reason: ExitReason::NotRun,
            code: None,
            signal: None,
            detail: failure,
        };
    };
    let reason = match signal {
        None => ExitReason::Exit,
        Some(libc::SIGSYS) => ExitReason::Denied,
        Some(libc::SIGXCPU) => ExitReason::CpuLimit,
        Some(libc::SIGKILL) if ended.cpu_ms >= limits.cpu_ms => ExitReason::CpuLimit,
        Some(_) => ExitReason::Signal,
    };
    Exit {
        reason,
        code,
        signal,
        detail: None,
    }
}

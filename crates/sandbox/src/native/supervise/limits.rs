//! What is looked at while a payload runs: the clock, memory, CPU time, files, sockets.

use std::time::{Duration, Instant};

use skillgate_model::{ExitReason, Tier};

use super::super::{meter, quota};
use super::{Run, TICK, interrupted};

/// How often files are counted where no file system bounds them, and sockets where no group does.
const COUNT: Duration = Duration::from_millis(50);
/// Of the time between two looks, a look takes no more than one part of so many.
const LOOKS: u32 = 4;

impl Run<'_> {
    /// Clock, memory, CPU time.
    pub(super) fn look(&mut self) {
        let now = Instant::now();
        if now < self.next_look {
            return;
        }
        self.measure(now);
        let spent = now.elapsed();
        self.next_look = now + TICK.max(spent * LOOKS).min(COUNT);
    }

    fn measure(&mut self, now: Instant) {
        let limits = &self.spec.limits;
        if interrupted() || now.duration_since(self.started) > Duration::from_millis(limits.wall_ms)
        {
            self.killed = Some(ExitReason::Timeout);
            return;
        }
        // Whoever is left would wait for what the kernel has taken.
        let group = self.jail.group();
        if group.is_some_and(|group| group.memory().1 > 0) {
            self.killed = Some(ExitReason::Oom);
        }
        if let Some(init) = self.init.as_ref().map(|(init, _)| *init) {
            self.meter.measure(init, limits.memory_bytes);
            if self.meter.cpu_ms > limits.cpu_ms {
                self.killed = Some(ExitReason::CpuLimit);
            }
            if self.meter.memory_bytes > limits.memory_bytes {
                self.killed = Some(ExitReason::Oom);
            }
            if now >= self.next_count {
                self.next_count = now + COUNT;
                self.count(init);
            }
        }
    }

    /// What takes long enough to be done less often.
    fn count(&mut self, init: i32) {
        let limits = &self.spec.limits;
        let full = self.spec.tier == Tier::Full;
        let tree = meter::tree(init);
        let sockets = match self.jail.group() {
            // The group counts them.
            Some(_) => 0,
            None if full => meter::socket_bytes(init),
            None => meter::held_socket_bytes(&tree),
        };
        if sockets > limits.memory_bytes {
            self.killed = Some(ExitReason::Oom);
        }
        if !full && quota::exceeded(&self.spec.top, &tree, limits) {
            self.killed = Some(ExitReason::OutputLimit);
        }
    }
}

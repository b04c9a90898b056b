//! What a payload writes to its output: kept to a bound, counted beyond it.

use std::os::fd::{AsFd, OwnedFd};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// More of a stream than this is counted, not kept.
const KEPT: usize = 64 << 10;

pub(super) struct Stream {
    pub(super) pipe: Option<OwnedFd>,
    pub(super) kept: Vec<u8>,
    pub(super) total: u64,
}

impl Stream {
    pub(super) const fn of(pipe: OwnedFd) -> Self {
        Self {
            pipe: Some(pipe),
            kept: Vec::new(),
            total: 0,
        }
    }

    pub(super) fn ready(&self) -> bool {
        let Some(pipe) = &self.pipe else { return false };
        let mut polled = [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)];
        poll(&mut polled, PollTimeout::ZERO).is_ok_and(|count| count > 0)
    }

    /// Reads once; `false` at the end.
    pub(super) fn read(&mut self, most: usize) -> bool {
        let Some(pipe) = &self.pipe else { return false };
        let mut buffer = vec![0; most];
        let Ok(length) = nix::unistd::read(pipe, &mut buffer) else {
            return false;
        };
        self.total += length as u64;
        let room = KEPT.saturating_sub(self.kept.len()).min(length);
        self.kept
            .extend_from_slice(buffer.get(..room).unwrap_or_default());
        length > 0
    }
}

//! Ctrl-C: no further skill is begun, running simulations end, and what was begun is put back.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// What shells report for a program that an interrupt ended: 128 + SIGINT.
pub(crate) const EXIT: u8 = 130;

/// From now on the first Ctrl-C ends the work in order.
pub(crate) fn listen() -> anyhow::Result<()> {
    ctrlc::set_handler(|| {
        INTERRUPTED.store(true, Ordering::SeqCst);
        skillgate_sandbox::interrupt();
    })?;
    Ok(())
}

pub(crate) fn is_set() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

//! Threads that belong to this very process, also after a fork.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

static POOL: Mutex<Option<(u32, Arc<ThreadPool>)>> = Mutex::new(None);

/// How soon a Ctrl-C is noticed.
const SIGNALS_EVERY: Duration = Duration::from_millis(50);

/// Does the work on all cores, and lets other Python threads run meanwhile.
///
/// A fork has none of its parent's threads, so it would wait for ever in the parent's pool. After a
/// Ctrl-C the work is told and left alone, and KeyboardInterrupt is raised at once.
pub(crate) fn detached<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce(&AtomicBool) -> T + Send + 'static,
) -> PyResult<T> {
    let pool = pool()
        .map_err(|error| PyRuntimeError::new_err(format!("no threads can be started: {error}")))?;
    let interrupted = Arc::new(AtomicBool::new(false));
    let (sender, receiver) = mpsc::channel();
    let told = Arc::clone(&interrupted);
    pool.spawn(move || {
        let done = catch_unwind(AssertUnwindSafe(|| work(&told)));
        // Nobody listens after an interrupt.
        let _ = sender.send(done);
    });
    let mut waiting = receiver;
    loop {
        let (receiver, received) = py.detach(move || {
            let received = waiting.recv_timeout(SIGNALS_EVERY);
            (waiting, received)
        });
        waiting = receiver;
        match received {
            Ok(Ok(result)) => return Ok(result),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(RecvTimeoutError::Timeout) => {
                if let Err(interrupt) = py.check_signals() {
                    interrupted.store(true, Ordering::Relaxed);
                    return Err(interrupt);
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err("the work ended without a result"));
            }
        }
    }
}

fn pool() -> Result<Arc<ThreadPool>, rayon::ThreadPoolBuildError> {
    let own = std::process::id();
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    match pool.take() {
        Some((owner, threads)) if owner == own => {
            *pool = Some((owner, Arc::clone(&threads)));
            return Ok(threads);
        }
        // Its threads are the parent's.
        Some(inherited) => std::mem::forget(inherited),
        None => {}
    }
    let threads = Arc::new(ThreadPoolBuilder::new().build()?);
    *pool = Some((own, Arc::clone(&threads)));
    Ok(threads)
}

//! Threads that belong to this very process, also after a fork.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

static POOL: Mutex<Option<(u32, Arc<ThreadPool>)>> = Mutex::new(None);

/// Does the work on all cores, and lets other Python threads run meanwhile.
///
/// A fork has none of its parent's threads, so it would wait for ever in the parent's pool.
pub(crate) fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    py.detach(|| match pool() {
        Ok(pool) => Ok(pool.install(work)),
        Err(error) => Err(PyRuntimeError::new_err(format!(
            "no threads can be started: {error}"
        ))),
    })
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

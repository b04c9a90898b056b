//! The seeds' form of a permission check: a tool's name and a plain list of scopes.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyList, PyString, PyTuple};

/// Whether one of the scopes names the tool; malformed entries grant nothing.
///
/// The list is walked up to the first scope that matches, and none of it is copied.
#[pyfunction]
#[pyo3(signature = (tool_name, permissions))]
pub(crate) fn check_permission(
    tool_name: &Bound<'_, PyString>,
    permissions: Option<&Bound<'_, PyAny>>,
) -> PyResult<bool> {
    let Some(permissions) = permissions else {
        return Ok(false);
    };
    // A name with lone surrogates is no name.
    let Ok(tool) = tool_name.to_str() else {
        return Ok(false);
    };
    let py = tool_name.py();
    if let Ok(list) = permissions.cast::<PyList>() {
        return walk(py, tool, list.len(), list.iter());
    }
    if let Ok(tuple) = permissions.cast::<PyTuple>() {
        return walk(py, tool, tuple.len(), tuple.iter());
    }
    Err(not(permissions, "permissions must be a list of str"))
}

/// Longer lists are read in pieces of this many, well below 50 µs each, and other threads run in between.
const PIECE: usize = 512;

fn walk<'py>(
    py: Python<'py>,
    tool: &str,
    count: usize,
    mut items: impl Iterator<Item = Bound<'py, PyAny>>,
) -> PyResult<bool> {
    if count <= PIECE {
        return walk_piece(tool, items);
    }
    loop {
        let piece: Vec<PyBackedStr> = items
            .by_ref()
            .take(PIECE)
            .map(|item| backed(item))
            .collect::<PyResult<_>>()?;
        if piece.is_empty() {
            return Ok(false);
        }
        if py.detach(|| skillgate_permissions::check_permission(tool, &piece)) {
            return Ok(true);
        }
    }
}

/// The empty text is malformed, as one that is no UTF-8 is.
fn backed(item: Bound<'_, PyAny>) -> PyResult<PyBackedStr> {
    let text = item
        .cast_into::<PyString>()
        .map_err(|error| no_text(&error.into_inner()))?;
    let empty = PyString::new(text.py(), "");
    PyBackedStr::try_from(text).or_else(|_| PyBackedStr::try_from(empty))
}

/// A scope as Python holds it.
struct Entry<'py>(Bound<'py, PyString>);

impl AsRef<str> for Entry<'_> {
    fn as_ref(&self) -> &str {
        // The empty text is malformed as well.
        self.0.to_str().unwrap_or_default()
    }
}

fn walk_piece<'py>(tool: &str, items: impl Iterator<Item = Bound<'py, PyAny>>) -> PyResult<bool> {
    let mut fault = None;
    let entries = items.map_while(|item| match item.cast_into::<PyString>() {
        Ok(text) => Some(Entry(text)),
        Err(error) => {
            fault = Some(no_text(&error.into_inner()));
            None
        }
    });
    let allowed = skillgate_permissions::check_permission(tool, entries);
    fault.map_or(Ok(allowed), Err)
}

fn no_text(found: &Bound<'_, PyAny>) -> PyErr {
    not(found, "permissions must hold nothing but str")
}

fn not(found: &Bound<'_, PyAny>, expected: &str) -> PyErr {
    let kind = found.get_type().name().map(|name| name.to_string());
    let kind = kind.unwrap_or_else(|_| "something else".to_owned());
    PyTypeError::new_err(format!("{expected}, not {kind}"))
}

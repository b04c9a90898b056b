//! The seeds' form of a permission check: a tool's name and a plain list of scopes.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
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
    if let Ok(list) = permissions.cast::<PyList>() {
        return walk(tool, list.iter());
    }
    if let Ok(tuple) = permissions.cast::<PyTuple>() {
        return walk(tool, tuple.iter());
    }
    Err(not(permissions, "permissions must be a list of str"))
}

/// A scope as Python holds it.
struct Entry<'py>(Bound<'py, PyString>);

impl AsRef<str> for Entry<'_> {
    fn as_ref(&self) -> &str {
        // The empty text is malformed as well.
        self.0.to_str().unwrap_or_default()
    }
}

fn walk<'py>(tool: &str, items: impl Iterator<Item = Bound<'py, PyAny>>) -> PyResult<bool> {
    let mut fault = None;
    let entries = items.map_while(|item| match item.cast_into::<PyString>() {
        Ok(text) => Some(Entry(text)),
        Err(error) => {
            fault = Some(not(
                &error.into_inner(),
                "permissions must hold nothing but str",
            ));
            None
        }
    });
    let allowed = skillgate_permissions::check_permission(tool, entries);
    fault.map_or(Ok(allowed), Err)
}

fn not(found: &Bound<'_, PyAny>, expected: &str) -> PyErr {
    let kind = found.get_type().name().map(|name| name.to_string());
    let kind = kind.unwrap_or_else(|_| "something else".to_owned());
    PyTypeError::new_err(format!("{expected}, not {kind}"))
}

//! Keyword arguments of a tool's call, as a policy looks at them.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};
use skillgate_permissions::Argument;
use smallvec::SmallVec;

/// One argument, kept alive while the policy looks at it.
pub(crate) struct Kept {
    name: PyBackedStr,
    value: Value,
}

enum Value {
    Text(PyBackedStr),
    List(Vec<PyBackedStr>),
    Other,
}

/// Most tools take fewer.
pub(crate) type Few<T> = SmallVec<[T; 4]>;

/// Texts, paths and lists of them; everything else is unknown to a policy.
pub(crate) fn keep(arguments: &Bound<'_, PyDict>) -> PyResult<Few<Kept>> {
    arguments
        .iter()
        .map(|(name, value)| {
            Ok(Kept {
                name: name.extract()?,
                value: Value::of(&value),
            })
        })
        .collect()
}

/// How many resources the arguments may hold.
pub(crate) fn count(kept: &[Kept]) -> usize {
    let of = |argument: &Kept| match &argument.value {
        Value::List(texts) => texts.len(),
        Value::Text(_) | Value::Other => 1,
    };
    kept.iter().map(of).sum()
}

/// Hands the arguments to `work` in the form that policies read.
pub(crate) fn with<T>(kept: &[Kept], work: impl FnOnce(&[(&str, Argument<'_>)]) -> T) -> T {
    let lists: Few<Vec<&str>> = kept.iter().map(|argument| argument.value.list()).collect();
    let arguments: Few<(&str, Argument<'_>)> = kept
        .iter()
        .zip(&lists)
        .map(|(argument, list)| {
            let value = match &argument.value {
                Value::Text(text) => Argument::Text(text),
                Value::List(_) => Argument::List(list),
                Value::Other => Argument::Other,
            };
            (&*argument.name, value)
        })
        .collect();
    work(&arguments)
}

impl Value {
    fn of(value: &Bound<'_, PyAny>) -> Self {
        if let Ok(list) = value.cast::<PyList>() {
            return Self::all(list.iter());
        }
        if let Ok(tuple) = value.cast::<PyTuple>() {
            return Self::all(tuple.iter());
        }
        text(value).map_or(Self::Other, Self::Text)
    }

    fn all<'py>(items: impl Iterator<Item = Bound<'py, PyAny>>) -> Self {
        let texts: Option<Vec<PyBackedStr>> = items.map(|item| text(&item)).collect();
        texts.map_or(Self::Other, Self::List)
    }

    fn list(&self) -> Vec<&str> {
        match self {
            Self::List(texts) => texts.iter().map(|text| &**text).collect(),
            Self::Text(_) | Self::Other => Vec::new(),
        }
    }
}

/// A text, or the text of a path; one with lone surrogates is neither.
fn text(value: &Bound<'_, PyAny>) -> Option<PyBackedStr> {
    if let Ok(text) = value.cast::<PyString>() {
        return PyBackedStr::try_from(text.clone()).ok();
    }
    let path = value.call_method0("__fspath__").ok()?;
    PyBackedStr::try_from(path.cast_into::<PyString>().ok()?).ok()
}

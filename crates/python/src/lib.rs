//! The native module of the Python package: what is quick or exact is done here, the rest in Python.

mod arguments;
mod command;
mod gate;
mod immune;
mod permission;
mod policy;
mod pool;

use pyo3::prelude::*;

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<policy::Policy>()?;
    module.add_class::<policy::Decision>()?;
    module.add_class::<gate::Gate>()?;
    module.add_class::<immune::Immunity>()?;
    module.add_function(wrap_pyfunction!(permission::check_permission, module)?)?;
    module.add_function(wrap_pyfunction!(command::main, module)?)?;
    module.add_function(wrap_pyfunction!(command::use_launcher, module)?)?;
    module.add_function(wrap_pyfunction!(command::serve_as_launcher, module)?)
}

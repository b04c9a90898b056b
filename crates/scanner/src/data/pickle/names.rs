//! Which callables a pickle may name.

/// What naming a callable says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Judgement {
    /// It builds data.
    Harmless,
    /// Nobody has looked at it.
    Unknown,
    /// It runs code, starts programs or opens files and connections.
    Dangerous,
}

const BUILDERS: &[&str] = &[
    "set",
    "frozenset",
    "dict",
    "list",
    "tuple",
    "bytearray",
    "bytes",
    "complex",
    "int",
    "float",
    "str",
    "bool",
    "object",
    "slice",
    "range",
    "xrange",
    "long",
    "unicode",
    "Ellipsis",
    "NotImplemented",
    "reversed",
    "enumerate",
    "zip",
    "Exception",
    "ValueError",
    "KeyError",
    "RuntimeError",
    "TypeError",
];

/// Whole modules whose callables only build data.
const DATA_MODULES: &[&str] = &[
    "collections",
    "datetime",
    "decimal",
    "fractions",
    "uuid",
    "pathlib",
    "array",
    "enum",
    "dataclasses",
    "zoneinfo",
    "ipaddress",
    "numpy",
    "numpy.core.multiarray",
    "numpy._core.multiarray",
    "numpy.core.numeric",
    "numpy._core.numeric",
    "numpy.core._multiarray_umath",
    "numpy.dtypes",
    "numpy.ma.core",
    "numpy.random._pickle",
    "numpy.random._mt19937",
    "numpy.random._pcg64",
    "numpy.random.mtrand",
    "torch._utils",
    "torch",
    "torch.storage",
    "torch.nn.parameter",
    "torch._tensor",
    "torch.serialization",
    "_codecs",
    "scipy.sparse._csr",
    "scipy.sparse.csr",
    "scipy.sparse._csc",
    "scipy.sparse._coo",
    "joblib.numpy_pickle",
    "pandas.core.frame",
    "pandas.core.series",
    "pandas.core.indexes.base",
    "pandas.core.indexes.range",
    "pandas.core.internals.managers",
    "pandas.core.internals.blocks",
    "pandas._libs.internals",
    "pandas.core.indexes.datetimes",
    "pandas._libs.arrays",
    "pandas._libs.tslibs.timestamps",
    "copyreg",
    "copy_reg",
];

/// Packages whose classes are models; a class of theirs runs nothing by being made.
const MODEL_PACKAGES: &[&str] = &[
    "sklearn",
    "torch.nn",
    "transformers",
    "xgboost",
    "lightgbm",
    "catboost",
    "scipy",
    "networkx",
    "spacy",
    "gensim",
    "statsmodels",
    "keras",
];

/// Names inside data modules that load or run something after all.
const TRAPS: &[&str] = &[
    "load",
    "loads",
    "runstring",
    "exec",
    "eval",
    "hub",
    "open",
    "popen",
    "system",
    "save",
    "fromfile",
    "memmap",
    "genfromtxt",
    "loadtxt",
    "compile",
    "jit",
    "load_library",
    "_import_dotted_name",
    "__import__",
    "getattr",
    "apply",
    "vectorize",
    "frompyfunc",
    "add_extension",
    "pickle",
];

/// Modules of which every callable is an attack in a pickle.
const DANGEROUS_MODULES: &[&str] = &[
    "os",
    "posix",
    "nt",
    "posixpath",
    "ntpath",
    "subprocess",
    "_posixsubprocess",
    "sys",
    "socket",
    "_socket",
    "shutil",
    "pty",
    "commands",
    "runpy",
    "importlib",
    "ctypes",
    "_ctypes",
    "cffi",
    "webbrowser",
    "pickle",
    "_pickle",
    "cPickle",
    "marshal",
    "types",
    "functools",
    "operator",
    "_operator",
    "timeit",
    "code",
    "codeop",
    "pdb",
    "bdb",
    "asyncio",
    "multiprocessing",
    "threading",
    "_thread",
    "urllib",
    "urllib2",
    "http",
    "requests",
    "httpx",
    "aiohttp",
    "ftplib",
    "smtplib",
    "telnetlib",
    "tempfile",
    "platform",
    "pip",
    "idlelib",
    "distutils",
    "setuptools",
    "cProfile",
    "profile",
    "trace",
    "pydoc",
    "dill",
    "cloudpickle",
    "joblib",
    "shelve",
    "sqlite3",
    "zipimport",
    "site",
    "inspect",
    "linecache",
    "imp",
    "io",
    "_io",
    "builtins",
    "__builtin__",
    "nturl2path",
    "getpass",
    "signal",
    "gc",
    "atexit",
    "ensurepip",
    "venv",
    "torch.hub",
    "torch.jit",
    "torch.utils",
    "torch._inductor",
    "torch._dynamo",
    "torch.distributed",
    "numpy.testing",
    "numpy.f2py",
    "numpy.distutils",
    "doctest",
    "unittest",
    "test",
    "lib2to3",
    "pkgutil",
    "xmlrpc",
    "socketserver",
    "wsgiref",
    "tarfile",
    "zipfile",
    "numpy.lib.npyio",
    "IPython",
    "_testcapi",
    "_xxsubinterpreters",
    "_interpreters",
    "ast",
    "string",
    "logging",
    "turtle",
    "tkinter",
    "paramiko",
    "fabric",
    "pexpect",
    "sh",
    "plumbum",
    "uuid._popen",
];

/// Judges a callable by its module and name.
pub(super) fn judge(module: &str, name: &str) -> Judgement {
    let last = name.rsplit('.').next().unwrap_or(name);
    let builtins = matches!(module, "builtins" | "__builtin__");
    if builtins && BUILDERS.contains(&name) {
        return Judgement::Harmless;
    }
    let copyreg = matches!(module, "copyreg" | "copy_reg");
    if copyreg && !matches!(name, "_reconstructor" | "__newobj__" | "__newobj_ex__") {
        return Judgement::Dangerous;
    }
    if module == "functools" && name == "partial" || module == "_codecs" && name != "encode" {
        return Judgement::Dangerous;
    }
    let inside = |packages: &[&str]| {
        packages.iter().any(|package| {
            module
                .strip_prefix(package)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    // A dotted name walks through attributes, and attributes lead anywhere.
    let walks = name.contains('.') || last.starts_with("__") && last != "__newobj__";
    if inside(DANGEROUS_MODULES) || TRAPS.contains(&last) {
        return Judgement::Dangerous;
    }
    if !walks && (DATA_MODULES.contains(&module) || inside(MODEL_PACKAGES)) {
        return Judgement::Harmless;
    }
    Judgement::Unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builders_of_data_are_told_from_runners_of_code() {
        assert_eq!(judge("collections", "OrderedDict"), Judgement::Harmless);
        assert_eq!(
            judge("numpy.core.multiarray", "_reconstruct"),
            Judgement::Harmless
        );
        assert_eq!(
            judge("torch._utils", "_rebuild_tensor_v2"),
            Judgement::Harmless
        );
        assert_eq!(
            judge("sklearn.linear_model._logistic", "LogisticRegression"),
            Judgement::Harmless
        );
        assert_eq!(judge("builtins", "eval"), Judgement::Dangerous);
        assert_eq!(judge("os.path", "join"), Judgement::Dangerous);
        assert_eq!(judge("torch", "load"), Judgement::Dangerous);
        assert_eq!(
            judge("numpy.testing._private.utils", "runstring"),
            Judgement::Dangerous
        );
        assert_eq!(
            judge("collections", "OrderedDict.__init__.__globals__"),
            Judgement::Unknown
        );
        assert_eq!(judge("mypackage", "Model"), Judgement::Unknown);
    }
}

//! Callables whose meaning the interpreter knows.

/// What a known callable does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intrinsic {
    /// Picks an attribute by name.
    Getattr,
    /// Lists the members of its first argument, or every object there is.
    Members,
    /// Sets an attribute by name.
    Setattr,
    /// The names of an object or of the scope.
    Vars,
    /// The names of the module.
    Globals,
    /// Imports a module by name.
    Import,
    /// Imports a module, or what is in it, by dotted name.
    Locate,
    /// Runs or compiles its first argument.
    Exec,
    /// Makes a callable that picks attributes.
    AttrGetter,
    /// Makes a callable that picks an item.
    ItemGetter,
    /// Makes a callable that calls a method.
    MethodCaller,
    /// Binds the first arguments.
    Partial,
    /// Calls its first argument on the elements of the others.
    Map,
    /// Calls the callable in its arguments with the rest of them.
    Apply,
    /// Calls the `target` or first argument later with `args`.
    Later,
    /// `str.maketrans`.
    Translation,
    /// `chr`.
    Chr,
    /// `ord`.
    Ord,
    /// `str`.
    Str,
    /// `bytes`, `bytearray`.
    Bytes,
    /// `int`.
    Int,
    /// `len`.
    Len,
    /// `hex`, `oct`, `bin`.
    Hex,
    /// `reversed`.
    Reversed,
    /// `list`, `tuple`, `set`, `iter`, `sorted`.
    List,
    /// `range`.
    Range,
    /// `zip`.
    Zip,
    /// `enumerate`.
    Enumerate,
    /// `next`.
    Next,
    /// `dict`.
    Dict,
    /// `type`, with one argument or three.
    Type,
    /// `format`.
    Format,
    /// A library function that turns constants into constants.
    Library,
    /// Finds a module for an import by name.
    Spec,
    /// Encodes in base64 or the like.
    Encode,
    /// A format string whose fields walk through attributes.
    FormatField,
    /// Decodes base64.
    Base64,
    /// Decodes base32.
    Base32,
    /// Decodes base85 in the RFC 1924 alphabet.
    Base85,
    /// Decodes hexadecimal digits.
    Hexadecimal,
    /// Inflates a zlib stream, or a gzip one.
    Inflate,
    /// Opens a compressed stream, which may lie in memory.
    InflateFile,
    /// Decompresses something that is not decompressed here.
    Decompress,
    /// `codecs.decode`.
    Codec,
    /// `urllib.parse.unquote`.
    Unquote,
    /// Loads byte code.
    Marshal,
    /// Loads a pickle.
    Pickle,
    /// `os.path.join`.
    Join,
    /// `os.path.expanduser`.
    ExpandUser,
    /// `os.path.expandvars`.
    ExpandVars,
    /// The value of an environment variable.
    Environ,
    /// `open`.
    Open,
    /// A `pathlib` path.
    Path,
    /// The user's home.
    Home,
    /// Reads or opens the path that is its object.
    ReadPath,
    /// Evaluates annotations.
    Hints,
    /// `super`.
    Super,
    /// Gives back its first argument.
    Identity,
    /// A path without steps back.
    Normal,
    /// Writes its first argument, data from elsewhere, to the path in its second.
    Download,
    /// Makes a class of records.
    RecordClass,
    /// Makes a record.
    Record,
    /// The default of a field of a data class.
    Field,
    /// A variable that gives back what it was made with.
    Variable,
    /// Random bytes.
    Noise,
    /// The password that a keyring holds for a service.
    Keyring,
    /// Changes the clipboard.
    Clipboard,
    /// Writes its first argument to the path that is its object.
    WritePath,
    /// A program by its name.
    Program,
    /// Runs a magic of a notebook.
    Magic,
    /// Makes a temporary file or folder.
    Temporary,
    /// Writes its second argument to the open file in its first.
    Write,
    /// Opens a descriptor that is open already.
    Reopen,
    /// Lists a folder.
    Listing,
    /// A handler of a log that sends what is logged away.
    RemoteLog,
    /// Starts a process that goes on with the same code.
    Fork,
}

impl Intrinsic {
    /// By name; several names for one are parted by spaces.
    pub(crate) const NAMES: &'static [(&'static str, Self)] = &[
        (
            "getattr object.__getattribute__ type.__getattribute__ inspect.getattr_static operator.getattr",
            Self::Getattr,
        ),
        (
            "inspect.getmembers inspect.getmembers_static gc.get_objects gc.get_referrers gc.get_referents",
            Self::Members,
        ),
        (
            "collections.namedtuple typing.NamedTuple dataclasses.make_dataclass",
            Self::RecordClass,
        ),
        ("collections.namedtuple()", Self::Record),
        ("dataclasses.field", Self::Field),
        (
            "pathlib.Path().write_text pathlib.Path().write_bytes",
            Self::WritePath,
        ),
        ("keyring.get_password", Self::Keyring),
        ("contextvars.ContextVar", Self::Variable),
        (
            "pyperclip.copy clipboard.copy pandas.io.clipboard.copy win32clipboard.SetClipboardData win32clipboard.SetClipboardText tkinter.Tk().clipboard_append",
            Self::Clipboard,
        ),
        (
            "os.urandom secrets.token_bytes random.randbytes",
            Self::Noise,
        ),
        ("sh.Command", Self::Program),
        (
            "get_ipython().run_line_magic get_ipython().run_cell_magic get_ipython().magic",
            Self::Magic,
        ),
        (
            "tempfile.NamedTemporaryFile tempfile.mkstemp tempfile.mkdtemp tempfile.TemporaryDirectory",
            Self::Temporary,
        ),
        ("os.write", Self::Write),
        ("os.fdopen", Self::Reopen),
        (
            "os.listdir os.walk os.scandir glob.glob glob.iglob pathlib.Path().iterdir pathlib.Path().glob pathlib.Path().rglob pathlib.Path().walk",
            Self::Listing,
        ),
        (
            "logging.handlers.HTTPHandler logging.handlers.SysLogHandler logging.handlers.SMTPHandler logging.handlers.SocketHandler logging.handlers.DatagramHandler",
            Self::RemoteLog,
        ),
        ("os.fork os.forkpty", Self::Fork),
        ("setattr object.__setattr__ type.__setattr__", Self::Setattr),
        ("vars locals operator.vars", Self::Vars),
        ("globals", Self::Globals),
        (
            "__import__ importlib.import_module importlib.__import__ importlib.reload",
            Self::Import,
        ),
        (
            "pydoc.locate pkgutil.resolve_name pydoc.resolve pydoc.safeimport logging.config._resolve unittest.mock._importer test.support.import_helper.import_module runpy.run_module django.utils.module_loading.import_string werkzeug.utils.import_string",
            Self::Locate,
        ),
        (
            "eval exec compile timeit.timeit timeit.repeat timeit.Timer code.InteractiveInterpreter().runsource code.InteractiveInterpreter().runcode code.InteractiveConsole().push code.InteractiveConsole().runsource code.InteractiveConsole().runcode cProfile.run cProfile.runctx profile.run profile.runctx trace.Trace().run trace.Trace().runctx pdb.run pdb.runeval bdb.Bdb().run bdb.Bdb().runeval doctest.debug_script doctest.debug_src codeop.compile_command codeop.Compile() codeop.CommandCompiler() _xxsubinterpreters.run_string _testcapi.run_in_subinterp get_ipython().run_cell get_ipython().ex get_ipython().ev get_ipython().run_code get_ipython().run_cell_async ast.parse execfile",
            Self::Exec,
        ),
        ("operator.attrgetter", Self::AttrGetter),
        ("operator.itemgetter", Self::ItemGetter),
        ("operator.methodcaller", Self::MethodCaller),
        ("functools.partial functools.partialmethod", Self::Partial),
        (
            "map filter itertools.starmap itertools.filterfalse itertools.takewhile itertools.dropwhile",
            Self::Map,
        ),
        (
            "operator.call asyncio.to_thread apply concurrent.futures.ThreadPoolExecutor().submit concurrent.futures.ProcessPoolExecutor().submit multiprocessing.Pool().apply multiprocessing.Pool().apply_async contextvars.Context().run",
            Self::Apply,
        ),
        (
            "threading.Thread threading.Timer multiprocessing.Process _thread.start_new_thread thread.start_new_thread atexit.register weakref.finalize signal.signal sched.scheduler().enter sched.scheduler().enterabs tkinter.Tk().after asyncio.get_running_loop().call_later asyncio.get_event_loop().call_later asyncio.get_running_loop().call_soon asyncio.get_event_loop().call_soon asyncio.get_running_loop().run_in_executor asyncio.get_event_loop().run_in_executor",
            Self::Later,
        ),
        ("str.maketrans bytes.maketrans", Self::Translation),
        ("chr", Self::Chr),
        ("ord", Self::Ord),
        ("str", Self::Str),
        ("bytes bytearray memoryview", Self::Bytes),
        ("int", Self::Int),
        ("len", Self::Len),
        ("hex oct bin", Self::Hex),
        ("reversed", Self::Reversed),
        (
            "list tuple set frozenset iter sorted collections.deque",
            Self::List,
        ),
        ("range", Self::Range),
        ("zip", Self::Zip),
        ("enumerate", Self::Enumerate),
        ("next", Self::Next),
        (
            "dict collections.OrderedDict types.SimpleNamespace",
            Self::Dict,
        ),
        ("type", Self::Type),
        ("format", Self::Format),
        (
            "base64.b64decode base64.urlsafe_b64decode base64.standard_b64decode base64.decodebytes base64.decodestring binascii.a2b_base64",
            Self::Base64,
        ),
        (
            "functools.reduce re.sub json.loads ast.literal_eval operator.add operator.concat operator.iadd operator.iconcat operator.mul operator.mod operator.sub operator.xor operator.or_ operator.__add__ operator.__concat__ itertools.chain itertools.chain.from_iterable itertools.cycle itertools.compress itertools.islice itertools.accumulate binascii.a2b_uu binascii.a2b_qp quopri.decodestring urllib.parse.unquote_to_bytes socket.inet_aton uuid.UUID struct.pack array.array html.unescape shlex.join string.Template max min",
            Self::Library,
        ),
        (
            "importlib.util.find_spec importlib.find_loader pkgutil.get_loader pkgutil.find_loader importlib.machinery.PathFinder.find_spec",
            Self::Spec,
        ),
        (
            "base64.b64encode base64.urlsafe_b64encode base64.standard_b64encode base64.encodebytes base64.b32encode base64.b85encode base64.a85encode base64.b16encode binascii.b2a_base64 binascii.hexlify",
            Self::Encode,
        ),
        (
            "string.Formatter().format string.Formatter().vformat string.Formatter().get_field",
            Self::FormatField,
        ),
        ("base64.b32decode base64.b32hexdecode", Self::Base32),
        ("base64.b85decode base64.a85decode", Self::Base85),
        (
            "binascii.unhexlify binascii.a2b_hex bytes.fromhex bytearray.fromhex base64.b16decode",
            Self::Hexadecimal,
        ),
        (
            "zlib.decompress zlib.decompressobj().decompress gzip.decompress bz2.decompress bz2.BZ2Decompressor().decompress lzma.decompress lzma.LZMADecompressor().decompress compression.zstd.decompress compression.zlib.decompress compression.gzip.decompress compression.bz2.decompress compression.lzma.decompress zstandard.decompress zstd.decompress pyzstd.decompress zstandard.ZstdDecompressor().decompress",
            Self::Inflate,
        ),
        (
            "gzip.open gzip.GzipFile bz2.open bz2.BZ2File lzma.open lzma.LZMAFile",
            Self::InflateFile,
        ),
        (
            "brotli.decompress lz4.frame.decompress lz4.block.decompress snappy.decompress lzo.decompress",
            Self::Decompress,
        ),
        ("codecs.decode codecs.encode _codecs.decode", Self::Codec),
        (
            "urllib.parse.unquote urllib.parse.unquote_plus urllib.unquote",
            Self::Unquote,
        ),
        ("marshal.loads marshal.load", Self::Marshal),
        (
            "pickle.loads _pickle.loads cPickle.loads dill.loads cloudpickle.loads",
            Self::Pickle,
        ),
        (
            "os.path.join posixpath.join ntpath.join pathlib.PurePath().joinpath pathlib.Path().joinpath",
            Self::Join,
        ),
        (
            "os.path.expanduser posixpath.expanduser ntpath.expanduser pathlib.Path().expanduser",
            Self::ExpandUser,
        ),
        ("os.path.expandvars", Self::ExpandVars),
        (
            "os.getenv os.getenvb os.environ.get os.environ.pop os.environ.setdefault os.environ.__getitem__",
            Self::Environ,
        ),
        ("open", Self::Open),
        (
            "pathlib.Path pathlib.PurePath pathlib.PosixPath pathlib.WindowsPath pathlib.PurePosixPath",
            Self::Path,
        ),
        ("pathlib.Path.home", Self::Home),
        (
            "pathlib.Path().read_text pathlib.Path().read_bytes pathlib.Path().open",
            Self::ReadPath,
        ),
        (
            "typing.get_type_hints inspect.get_annotations annotationlib.get_annotations inspect.signature",
            Self::Hints,
        ),
        ("super", Self::Super),
        (
            "pkgutil.extend_path os.fspath os.fsdecode os.fsencode copy.copy copy.deepcopy asyncio.run asyncio.gather asyncio.wait_for contextlib.closing io.StringIO io.BytesIO io.TextIOWrapper textwrap.dedent inspect.cleandoc",
            Self::Identity,
        ),
        (
            "os.path.abspath os.path.realpath os.path.normpath",
            Self::Normal,
        ),
        (
            "urllib.request.urlretrieve urllib.urlretrieve wget.download gdown.download",
            Self::Download,
        ),
    ];
}

/// Constants of the standard library whose letters spell anything.
pub(crate) const TEXTS: &[(&str, &str)] = &[
    ("string.ascii_lowercase", "abcdefghijklmnopqrstuvwxyz"),
    ("string.ascii_uppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    (
        "string.ascii_letters",
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    ),
    ("string.digits", "0123456789"),
    ("string.hexdigits", "0123456789abcdefABCDEF"),
    ("string.punctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
    (
        "string.printable",
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ \t\n\r\u{b}\u{c}",
    ),
    ("os.sep", "/"),
    ("os.extsep", "."),
    ("os.linesep", "\n"),
    ("os.devnull", "/dev/null"),
    ("os.curdir", "."),
    ("sys.executable", "python3"),
    ("certifi.where()", "/certifi/cacert.pem"),
];

/// The names that need no import.
pub(crate) const BUILTINS: &[&str] = &[
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "BaseException",
    "Exception",
    "ImportError",
    "__build_class__",
    "__import__",
    "__loader__",
    "__path__",
    "__spec__",
    "get_ipython",
    "abs",
    "aiter",
    "all",
    "anext",
    "any",
    "apply",
    "ascii",
    "bin",
    "bool",
    "breakpoint",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "compile",
    "complex",
    "copyright",
    "credits",
    "delattr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "execfile",
    "exit",
    "file",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "help",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "license",
    "list",
    "locals",
    "long",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "quit",
    "range",
    "raw_input",
    "reduce",
    "reload",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "unichr",
    "unicode",
    "vars",
    "xrange",
    "zip",
];

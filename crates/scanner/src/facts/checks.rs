//! Checks that are written in Rust; a rule with `check: NAME` gives each its words and its severity.

/// Defines the checks with the names that rules use for them.
macro_rules! checks {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)*) => {
        /// A check of the facts engine.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Check { $($(#[$doc])* $variant,)* }
        impl Check {
            pub(crate) const ALL: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),*];
        }
    };
}

checks! {
    /// The parser refuses the file.
    Syntax = "python-syntax",
    /// The bytes cannot be decoded as CPython would.
    Encoding = "python-encoding",
    /// An encoding that hides code from readers.
    OddEncoding = "python-odd-encoding",
    /// Nested deeper than CPython compiles.
    TooDeep = "python-too-deep",
    /// An attribute of a guarded module, or a module, picked by a computed name.
    DynamicAccess = "python-dynamic-access",
    /// Something picked from a sensitive object by a computed name, and called.
    DynamicCall = "python-dynamic-call",
    /// Something picked from a scope or module by a computed name, and called.
    PickedCall = "python-picked-call",
    /// A dangerous name put together from pieces.
    HiddenName = "python-hidden-name",
    /// A sensitive module imported by a text.
    IndirectImport = "python-indirect-import",
    /// Constant data that is decoded and executed.
    DecodedCode = "python-decoded-code",
    /// Constant text that is executed.
    ConstantCode = "python-constant-code",
    /// Byte code built or loaded from data.
    ByteCode = "python-byte-code",
    /// More modules of the skill behind its imports than are followed.
    DistantModules = "python-distant-modules",
    /// Code far to the right.
    FarRight = "python-far-right",
    /// Code after very many blank lines.
    FarDown = "python-far-down",
    /// An identifier that is another one after normalisation.
    LookAlike = "python-look-alike",
    /// A dangerous callable bound where something else calls it.
    Hook = "python-hook",
    /// A class walk from a literal to the classes of the interpreter.
    ClassWalk = "python-class-walk",
    /// A comment that would switch a scanner off.
    Suppression = "python-suppression",
    /// A file of the skill that is no code is executed.
    AssetCode = "python-asset-code",
    /// A module behind another module that has no business with it.
    BehindModule = "python-behind-module",
    /// A field of a format string that walks through attributes of the interpreter.
    FormatWalk = "python-format-walk",
    /// The class of a literal, or an object taken out of an error, where a walk begins.
    WalkStart = "python-walk-start",
    /// A builtin, or all of them, replaced.
    Builtins = "python-builtins-replaced",
    /// Values picked by the names of secrets, encoded, in a file that sends over the network.
    SecretEncoded = "python-secret-encoded",
    /// A secret in a log that a handler sends away.
    RemoteLog = "python-remote-log",
    /// A secret in the address of an image that a reader's program fetches.
    ImageLeak = "python-image-leak",
    /// Large data written to files in a loop without an end.
    DiskFill = "python-disk-fill",
    /// A recording of the screen or of a microphone in a file that sends over the network.
    CaptureSent = "python-capture-sent",
    /// Addresses of coins in a file that changes the clipboard.
    ClipboardSwap = "python-clipboard-swap",
    /// Processes started in a loop without an end.
    ForkBomb = "python-fork-bomb",
    /// A keyed digest compared by `==`, which takes longer the more of it fits.
    DigestCompared = "python-digest-compared",
    /// A broken hash that decides whether something is what it should be.
    WeakDigestCompared = "python-weak-digest-compared",
    /// A credential of a well-known service in a request to somebody else's host.
    ForeignCredential = "python-foreign-credential",
    /// A loop whose condition nothing in it changes.
    EndlessLoop = "python-endless-loop",
    /// What a request brings, kept in a session.
    SessionFed = "python-session-fed",
    /// Files destroyed in a program that waits for a day.
    TimeBomb = "python-time-bomb",
    /// A session with a credential, sent to where an agent is told to send it.
    CredentialFollows = "python-credential-follows",
    /// Rights checked by a statement that an optimising interpreter leaves out.
    RightsAsserted = "python-rights-asserted",
    /// Fields of a record that a request names.
    MassAssignment = "python-mass-assignment",
    /// Options of a program that a request or an agent may name.
    OptionsGiven = "python-options-given",
    /// A route without the guard that its neighbours have.
    OpenRoute = "python-open-route",
    /// The environment, sent to whoever asks.
    EnvironmentServed = "python-environment-served",
    /// Rights that a cookie grants.
    RightsByCookie = "python-rights-by-cookie",
}

impl Check {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find_map(|(word, check)| (*word == name).then_some(*check))
    }
}

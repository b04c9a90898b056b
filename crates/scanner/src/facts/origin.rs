//! Where values come from, where they may go, and how they were decoded: small sets in one word.

use crate::services;

/// Defines the origins with the words that rules use for them.
macro_rules! origins {
    ($($(#[$doc:meta])* $constant:ident = $bit:literal $word:literal;)*) => {
        impl Origins {
            $($(#[$doc])* pub(crate) const $constant: Self = Self(1 << $bit);)*
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$constant)),*];
        }
    };
}

/// A set of origins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Origins(u32);

origins! {
    /// One environment variable.
    ENVIRON = 0 "environ";
    /// The whole environment.
    ENVIRONMENT = 1 "environment";
    /// Credentials: key files, browser stores, wallets, secret variables.
    SECRET = 2 "secret";
    /// Names and addresses of the machine and its user.
    HOST = 3 "host";
    /// The content of a file.
    FILE = 4 "file";
    /// What came over the network.
    NETWORK = 5 "network";
    /// The output of a decoder.
    DECODED = 6 "decoded";
    /// The output of a cipher.
    DECRYPTED = 7 "decrypted";
    /// A parameter of a public function: the tool's argument.
    PARAM = 8 "param";
    /// A web request.
    WEB = 9 "web";
    /// The terminal, the command line.
    INPUT = 10 "input";
    /// The clipboard.
    CLIPBOARD = 11 "clipboard";
    /// Screen, camera, microphone, keys.
    CAPTURE = 12 "capture";
    /// Credentials of more than one service.
    SEVERAL = 13 "several-credentials";
    /// A predictable random number.
    RANDOM = 14 "weak-random";
    /// A path to which remote or decoded data was written.
    DROPPED = 15 "dropped";
    /// The output of a program.
    OUTPUT = 16 "output";
    /// Put together from parts that are not all constant.
    BUILT = 17 "built";
    /// Put together from constants, as nobody writes who has nothing to hide.
    FOLDED = 18 "folded";
    /// A parameter of any function of this file; for summaries only.
    INNER = 19 "inner";
    /// Found by listing directories.
    LISTING = 20 "listing";
    /// A parameter of a function that agents call as a tool.
    TOOL = 21 "tool";
    /// A caught exception.
    ERROR = 22 "error";
    /// A file of the skill that is no code.
    ASSET = 23 "asset";
    /// A socket or connection the code opened or accepted.
    SOCKET = 24 "socket";
    /// A secret named by an environment variable or a parameter.
    CREDENTIAL = 25 "credential";
    /// A row of a database.
    DATABASE = 26 "database";
    /// Repeated so often that little data makes much.
    AMPLIFIED = 28 "amplified";
    /// The classes or objects of the interpreter, or what lies behind one of them.
    CLASSES = 27 "classes";
    /// The output of an encoder.
    ENCODED = 29 "encoded";
    /// An argument of a function that another function wraps.
    WRAPPED = 30 "wrapped";
    /// Found by listing a whole home, or a whole disk.
    EVERYTHING = 31 "everything";
}

impl Origins {
    pub(crate) const NONE: Self = Self(0);
    /// What must be neither in a log that is sent away nor in the address of an image.
    pub(crate) const PRIVATE: Self = Self::SECRET
        .union(Self::CREDENTIAL)
        .union(Self::ENVIRONMENT)
        .union(Self::CLIPBOARD);

    /// Whether it says how a value was put together, and not where it comes from.
    pub(crate) const fn is_nowhere(self) -> bool {
        self.without(Self::BUILT).without(Self::FOLDED).is_empty()
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn only(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The origin of this word.
    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::WORDS
            .iter()
            .find_map(|(name, origin)| (*name == word).then_some(*origin))
    }

    /// The words of the set, as a report prints them.
    pub(crate) fn describe(self) -> String {
        let words: Vec<&str> = Self::WORDS
            .iter()
            .filter(|(_, origin)| self.meets(*origin))
            .map(|(name, _)| *name)
            .collect();
        words.join(", ")
    }
}

/// A set of sink classes, numbered by the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Sinks(pub(crate) u32);

impl Sinks {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const ALL: Self = Self(u32::MAX);

    pub(crate) const fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn has(self, class: u8) -> bool {
        self.0 & (1 << class) != 0
    }
}

/// The services that credentials belong to, as far as the names of their variables tell: one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Services(u32);

impl Services {
    pub(crate) const NONE: Self = Self(0);

    /// How many of the services that everybody knows have a bit of their own.
    const KNOWN: usize = 16;

    /// The service of `GITHUB_TOKEN` is `GITHUB`.
    pub(crate) fn of(variable: &str) -> Self {
        if let Some(at) = services::of_variable(variable).filter(|at| *at < Self::KNOWN) {
            return Self(1 << at);
        }
        let service = variable.split('_').next().unwrap_or(variable);
        let sum = service.bytes().fold(0u32, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(u32::from(byte))
        });
        let first = Self::KNOWN as u32;
        Self(1 << (first + sum % (31 - first)))
    }

    /// Whether a credential of a service that everybody knows is among them, and the host is not its own.
    pub(crate) fn are_foreign_to(self, host: &str) -> bool {
        let mut held = (0..Self::KNOWN).filter(|at| self.0 & 1 << at != 0);
        held.any(|at| !services::answers(at, host))
    }

    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those of the two that are more.
    pub(crate) const fn larger(self, other: Self) -> Self {
        if other.0.count_ones() > self.0.count_ones() {
            other
        } else {
            self
        }
    }

    pub(crate) const fn are_several(self) -> bool {
        self.0.count_ones() > 1
    }
}

/// Up to eight decoders, innermost last, four bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Chain(u32);

impl Chain {
    pub(crate) const NONE: Self = Self(0);
    const WORDS: [&'static str; 15] = [
        "base64",
        "base32",
        "base85",
        "hex",
        "zlib",
        "gzip",
        "bzip2",
        "lzma",
        "rot13",
        "reverse",
        "xor",
        "characters",
        "file",
        "concatenation",
        "percent",
    ];

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// One step more.
    #[must_use]
    pub(crate) fn then(self, decoder: &str) -> Self {
        let at = Self::WORDS.iter().position(|word| *word == decoder);
        let Some(code) = at.and_then(|at| u32::try_from(at + 1).ok()) else {
            return self;
        };
        if self.0 & 0xF == code || self.0 >> 28 != 0 {
            return self;
        }
        Self(self.0 << 4 | code)
    }

    pub(crate) const fn or(self, other: Self) -> Self {
        if self.0 == 0 { other } else { self }
    }

    /// The decoders in the order they were applied.
    pub(crate) fn words(self) -> Vec<String> {
        let mut words = Vec::new();
        let mut rest = self.0;
        while rest != 0 {
            let code = (rest & 0xF) as usize;
            if let Some(word) = Self::WORDS.get(code.wrapping_sub(1)) {
                words.push((*word).to_owned());
            }
            rest >>= 4;
        }
        words.reverse();
        words
    }
}

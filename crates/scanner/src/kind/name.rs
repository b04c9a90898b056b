//! What a file's name promises.

use super::Kind;

/// By extension, or by the whole name where there is none.
pub(super) fn kind_of(path: &str) -> Option<Kind> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => by_extension(extension),
        _ => by_name(&name),
    }
}

fn by_name(name: &str) -> Option<Kind> {
    Some(match name {
        ".bashrc" | ".bash_profile" | ".profile" | ".zshrc" | ".zshenv" | ".envrc"
        | "configure" => Kind::Shell,
        "sconstruct" | "sconscript" | "wscript" | ".pythonrc" => Kind::Python,
        "makefile" | "dockerfile" | "license" | "readme" | "notice" | "authors" | "changelog" => {
            Kind::Text
        }
        _ => return None,
    })
}

fn by_extension(extension: &str) -> Option<Kind> {
    Some(match extension {
        // The lines of a `.pth` file that begin with `import` are Python, run at every start.
        "py" | "pyi" | "pyw" | "pth" => Kind::Python,
        "sh" | "bash" | "zsh" | "ksh" | "dash" | "bats" | "command" => Kind::Shell,
        "js" | "mjs" | "cjs" | "jsx" => Kind::JavaScript,
        "ts" | "tsx" | "mts" | "cts" => Kind::TypeScript,
        "ps1" | "psm1" | "psd1" | "bat" | "cmd" | "vbs" | "vbe" | "wsf" | "hta" | "rb" | "pl"
        | "pm" | "php" | "lua" | "tcl" | "awk" | "applescript" | "scpt" | "fish" | "csh" | "r"
        | "jl" | "groovy" | "reg" => Kind::Script,
        "md" | "markdown" | "mdx" | "mdc" | "mkd" => Kind::Markdown,
        "json" | "jsonl" | "ndjson" | "json5" | "jsonc" | "geojson" | "webmanifest" => Kind::Json,
        "toml" => Kind::Toml,
        "yml" | "yaml" => Kind::Yaml,
        "ipynb" => Kind::Notebook,
        "html" | "htm" | "xhtml" => Kind::Html,
        "svg" => Kind::Svg,
        "xml" | "xsd" | "xsl" | "xslt" | "plist" | "rss" | "atom" => Kind::Xml,
        "csv" | "tsv" => Kind::Csv,
        "txt" | "text" | "rst" | "adoc" | "tex" | "cfg" | "ini" | "conf" | "env" | "log"
        | "css" | "scss" | "less" | "c" | "h" | "cc" | "cpp" | "hpp" | "go" | "rs" | "java"
        | "kt" | "swift" | "cs" | "sql" | "proto" | "graphql" | "diff" | "patch" | "srt"
        | "vtt" | "bib" | "dot" | "lock" | "gitignore" | "properties" => Kind::Text,
        "zip" | "whl" | "egg" | "jar" | "npz" | "pyz" | "skill" | "epub" | "apk" | "xpi"
        | "crx" | "vsix" => Kind::Zip,
        "docx" | "xlsx" | "pptx" | "docm" | "xlsm" | "pptm" | "dotx" | "potx" | "xltx" | "odt"
        | "ods" | "odp" => Kind::Office,
        "doc" | "xls" | "ppt" | "msi" => Kind::Ole,
        "tar" => Kind::Tar,
        "gz" | "tgz" => Kind::Gzip,
        "bz2" | "xz" | "zst" | "lz4" | "lzma" | "tbz2" | "txz" => Kind::Compressed,
        "7z" | "rar" | "cab" | "dmg" | "iso" | "deb" | "rpm" => Kind::Archive,
        "pdf" => Kind::Pdf,
        "pkl" | "pickle" | "joblib" => Kind::Pickle,
        "pyc" | "pyo" => Kind::Pyc,
        "so" | "elf" | "ko" => Kind::Elf,
        "exe" | "dll" | "pyd" | "sys" | "scr" => Kind::Pe,
        "dylib" => Kind::MachO,
        "wasm" => Kind::Wasm,
        "class" | "dex" | "lnk" => Kind::ForeignCode,
        "png" | "jpg" | "jpeg" | "gif" | "webp" | "ico" | "bmp" | "tif" | "tiff" | "avif"
        | "heic" => Kind::Image,
        "ttf" | "otf" | "woff" | "woff2" | "ttc" => Kind::Font,
        "mp3" | "wav" | "flac" | "ogg" | "m4a" | "opus" => Kind::Audio,
        "mp4" | "mov" | "webm" | "mkv" | "avi" => Kind::Video,
        "sqlite" | "sqlite3" | "db" => Kind::Sqlite,
        "npy" => Kind::Npy,
        "parquet" | "arrow" | "feather" | "avro" | "h5" | "hdf5" | "safetensors" => Kind::Table,
        _ => return None,
    })
}

//! PDF, Office and markup: what they do when they are opened.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::bytes::{Captures, Regex};

use super::{say, tail, uncover};
use crate::{Artifact, Kind, Sink, unpack};

/// How far one stream of a PDF is unpacked, one of objects, and all of them together, in bytes.
const MAX_STREAM_BYTES: usize = 256 << 10;
const MAX_OBJECTS_BYTES: usize = 16 << 20;
const MAX_STREAMS_BYTES: usize = 64 << 20;

fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant that the tests compile")
}

static ESCAPED_NAME: LazyLock<Regex> =
    LazyLock::new(|| compile(r"/[A-Za-z]*#[0-9A-Fa-f]{2}[A-Za-z#]"));
static ESCAPED: LazyLock<Regex> = LazyLock::new(|| compile(r"#([46][1-9A-Fa-f]|[57][0-9Aa])"));
static PDF_LAUNCH: LazyLock<Regex> = LazyLock::new(|| compile(r"/S\s*/Launch\b|/Launch\s*<<"));
static PDF_SCRIPT: LazyLock<Regex> =
    LazyLock::new(|| compile(r"/S\s*/JavaScript\b|/JS\s*[(<]|/JS\s+\d+\s+\d+\s+R"));
static PDF_EMBEDDED: LazyLock<Regex> =
    LazyLock::new(|| compile(r"/EmbeddedFile\b|/RichMedia\b|/SubmitForm\b|/ImportData\b"));
static MARKUP_SCRIPT: LazyLock<Regex> =
    LazyLock::new(|| compile(r"(?is)<script\b[^>]*>(.*?)</script\s*>"));
static MARKUP_TYPE: LazyLock<Regex> =
    LazyLock::new(|| compile(r#"(?i)\stype\s*=\s*["']?\s*([^"'\s>]*)"#));
static IS_SCRIPT: LazyLock<Regex> = LazyLock::new(|| {
    compile(r"(?i)^$|^module$|^(?:text|application)/(?:x-)?(?:java|ecma|j|live)script")
});
static MARKUP_ACTIVE: LazyLock<Regex> = LazyLock::new(|| {
    compile(
        r"(?i)<script\b|\son(?:load|error|click|mouseover|begin)\s*=|javascript:|<foreignObject\b",
    )
});
static XML_ENTITY: LazyLock<Regex> =
    LazyLock::new(|| compile(r"<!ENTITY\s+%?\s*\S+\s+(?:SYSTEM|PUBLIC)\b"));
static EXTERNAL: LazyLock<Regex> = LazyLock::new(|| {
    compile(
        r#"(?i)relationships/(?:attachedTemplate|oleObject|frame|subDocument|externalLink)["'][^>]*TargetMode\s*=\s*["']External["']|TargetMode\s*=\s*["']External["'][^>]*relationships/(?:attachedTemplate|oleObject|frame|subDocument)["']"#,
    )
});
static PARAGRAPH: LazyLock<Regex> = LazyLock::new(|| compile(r"</(?:[aw]:p|text:p|si)>"));
static TAG: LazyLock<Regex> = LazyLock::new(|| compile(r"<[^>]*>"));
static FIELD_COMMAND: LazyLock<Regex> =
    LazyLock::new(|| compile(r"(?i)\bDDE(?:AUTO)?\b[^<]{0,80}(?:cmd|powershell|\.exe|mshta)"));

pub(super) fn examine_pdf(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    let bytes = artifact.bytes.as_ref();
    judge_pdf(artifact, bytes, sink);
    if memchr::memmem::find(bytes, b" obj").is_none() {
        sink.incomplete("what begins as a PDF holds no object of one");
    }
    if memchr::memmem::find(bytes, b"/Encrypt").is_some() {
        sink.incomplete("the PDF is encrypted");
    }
    let (mut total, mut seen) = (0, 0);
    for start in memchr::memmem::find_iter(bytes, b"stream") {
        // Its dictionary stands behind the stream before it.
        let before = bytes.get(seen..start).unwrap_or_default();
        seen = start + 6;
        let body = bytes.get(start + 6..).unwrap_or_default();
        let body = body
            .strip_prefix(b"\r\n")
            .or_else(|| body.strip_prefix(b"\n"))
            .unwrap_or(body);
        if before.ends_with(b"end") {
            continue;
        }
        // Objects, and so actions, lie in object streams; of pictures and fonts the beginning is enough.
        let objects = memchr::memmem::find(before, b"/ObjStm").is_some();
        // 0x78 begins every stream that the usual filter makes; the others are for pictures.
        if body.first() != Some(&0x78) {
            if objects && memchr::memmem::find(before, b"/Filter").is_some() {
                sink.incomplete("an object stream of the PDF cannot be unpacked");
            }
            continue;
        }
        if total > MAX_STREAMS_BYTES {
            sink.incomplete("the streams of the PDF unpack to more than the scanner's bounds");
            break;
        }
        let most = if objects {
            MAX_OBJECTS_BYTES
        } else {
            MAX_STREAM_BYTES
        };
        let Some(unpacked) = unpack::unpack(body, most) else {
            if objects {
                sink.incomplete("an object stream of the PDF cannot be unpacked");
            }
            continue;
        };
        total += unpacked.bytes.len();
        if objects && unpacked.cut {
            sink.incomplete(
                "an object stream of the PDF is broken or larger than the scanner's bounds",
            );
        }
        judge_pdf(artifact, &unpacked.bytes, sink);
    }
    tail::examine(artifact, sink);
    sink.examined("data");
}

fn judge_pdf(artifact: &Artifact<'_>, bytes: &[u8], sink: &mut Sink<'_>) {
    let bytes = unescaped(bytes);
    let bytes = bytes.as_ref();
    for (regex, check) in [
        (&PDF_LAUNCH, "pdf-launch"),
        (&PDF_SCRIPT, "pdf-script"),
        (&PDF_EMBEDDED, "pdf-embedded"),
    ] {
        if let Some(place) = regex.find(bytes) {
            say(
                sink,
                artifact,
                check,
                String::from_utf8_lossy(place.as_bytes()).into_owned(),
            );
        }
    }
}

/// Names with their letters as they are: `/J#61vaScript` is `/JavaScript`.
fn unescaped(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !ESCAPED_NAME.is_match(bytes) {
        return Cow::Borrowed(bytes);
    }
    ESCAPED.replace_all(bytes, |found: &Captures<'_>| {
        let digits = found
            .get(1)
            .and_then(|digits| std::str::from_utf8(digits.as_bytes()).ok());
        let letter = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        vec![letter.unwrap_or(b'#')]
    })
}

/// The compound form is not taken apart: macros are told by the names of their streams.
pub(super) fn examine_ole(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    let bytes = artifact.bytes.as_ref();
    let wide: Vec<u8> = "_VBA_PROJECT".bytes().flat_map(|byte| [byte, 0]).collect();
    if memchr::memmem::find(bytes, &wide).is_some()
        || memchr::memmem::find(bytes, b"Attribut\0e VB_").is_some()
    {
        say(sink, artifact, "office-macro", "a VBA project".to_owned());
    }
    sink.incomplete("documents of the older Office form are not taken apart");
}

/// Macros and links to programs inside an Office document.
pub(super) fn examine_office_member(
    artifact: &Artifact<'_>,
    name: &str,
    content: &[u8],
    sink: &mut Sink<'_>,
) {
    if artifact.kind != Kind::Office {
        return;
    }
    let lower = name.to_ascii_lowercase();
    if lower.ends_with("vbaproject.bin")
        || lower.contains("activex")
        || lower.contains("macrosheets/")
    {
        say(sink, artifact, "office-macro", name.to_owned());
    }
    if lower.ends_with(".rels") && EXTERNAL.is_match(content) {
        say(sink, artifact, "office-external", name.to_owned());
    }
    if PAGES.iter().any(|page| lower.contains(page)) && lower.ends_with(".xml") {
        uncover(sink, artifact, &format!("{name}.txt"), words_of(content));
    }
    if lower.ends_with(".xml") && FIELD_COMMAND.is_match(content) {
        say(
            sink,
            artifact,
            "office-external",
            format!("a field in {name} runs a program"),
        );
    }
}

/// Parts of an Office document that hold what it says.
const PAGES: [&str; 6] = [
    "word/document",
    "word/comments",
    "word/footnotes",
    "ppt/slides/slide",
    "xl/sharedstrings",
    "content.xml",
];

/// The text of a part without its tags, which may stand inside a word; a paragraph is a line.
fn words_of(content: &[u8]) -> Vec<u8> {
    let lines = PARAGRAPH.replace_all(content, &b"\n"[..]);
    TAG.replace_all(&lines, &b""[..]).into_owned()
}

/// Scripts inside markup go to the JavaScript engine at their own lines.
pub(super) fn examine_markup(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    let bytes = artifact.bytes.as_ref();
    if artifact.kind != Kind::Html && MARKUP_ACTIVE.is_match(bytes) {
        say(sink, artifact, "markup-script", String::new());
    }
    if XML_ENTITY.is_match(bytes) {
        say(sink, artifact, "xml-entity", String::new());
    }
    let (mut counted, mut lines) = (0, 0);
    for script in MARKUP_SCRIPT.captures_iter(bytes) {
        let Some(body) = script
            .get(1)
            .filter(|body| !body.as_bytes().trim_ascii().is_empty())
        else {
            continue;
        };
        let head = script
            .get(0)
            .map_or(b"".as_slice(), |whole| whole.as_bytes());
        let opening = head.split(|byte| *byte == b'>').next().unwrap_or_default();
        // Data blocks such as `application/json` are no programs.
        let kind = MARKUP_TYPE.captures(opening).and_then(|found| found.get(1));
        if kind.is_some_and(|kind| !IS_SCRIPT.is_match(kind.as_bytes())) {
            continue;
        }
        let between = bytes.get(counted..body.start()).unwrap_or_default();
        lines += memchr::memchr_iter(b'\n', between).count();
        counted = body.start();
        let line = u32::try_from(lines).unwrap_or(u32::MAX);
        sink.uncover(artifact.part(Kind::JavaScript, body.as_bytes().to_vec(), line));
    }
    tail::examine(artifact, sink);
}

//! What is appended to a file of another kind: an archive, a program, a pickle.

use super::{say, uncover};
use crate::{Artifact, Kind, Sink};

/// How far from the end the directory of an appended archive may begin: its record and a comment, in bytes.
const END_RECORD_REACH: usize = 22 + 65_535;

/// Looks for an archive at the end of a file that is none.
pub(super) fn examine(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    if let Some(start) = appended_zip(&artifact.bytes) {
        say(
            sink,
            artifact,
            "polyglot",
            format!("a zip archive begins at byte {start}"),
        );
        let archive = artifact.bytes.get(start..).unwrap_or_default().to_vec();
        uncover(sink, artifact, "appended.zip", archive);
    }
}

/// Whether an archive stands at the end.
pub(super) fn has_archive(bytes: &[u8]) -> bool {
    appended_zip(bytes).is_some()
}

/// Where a ZIP archive begins that ends where the file ends.
fn appended_zip(bytes: &[u8]) -> Option<usize> {
    let tail_start = bytes.len().saturating_sub(END_RECORD_REACH);
    // Every end record has zero bytes in it, and no text has.
    memchr::memchr(0, bytes.get(tail_start..)?)?;
    let record = tail_start + memchr::memmem::rfind(bytes.get(tail_start..)?, b"PK\x05\x06")?;
    let field = |at: usize| -> Option<usize> {
        let bytes: [u8; 4] = bytes.get(record + at..record + at + 4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    };
    // Of an archive that is larger than its record can say, readers look up another one.
    let large = record
        .checked_sub(20)
        .is_some_and(|at| bytes.get(at..at + 4) == Some(b"PK\x06\x07"));
    if large {
        return memchr::memmem::find(bytes, b"PK\x03\x04").filter(|start| *start > 0);
    }
    let directory = record.checked_sub(field(12)?)?;
    // Where it begins is what readers reckon with, whatever stands there.
    let start = directory.checked_sub(field(16)?)?;
    let fits = bytes.get(directory..directory + 4) == Some(b"PK\x01\x02");
    fits.then_some(start).filter(|start| *start > 0)
}

/// Judges the bytes after the end that a file's own format gives it.
pub(super) fn after_end(artifact: &Artifact<'_>, end: usize, sink: &mut Sink<'_>) {
    let rest = artifact.bytes.get(end..).unwrap_or_default();
    let meaningful = rest
        .iter()
        .any(|byte| !matches!(byte, 0 | b'\n' | b'\r' | b' '));
    if !meaningful {
        return;
    }
    let kind = Kind::identify("", rest);
    let code = rest.starts_with(b"<?php")
        || rest.starts_with(b"<script")
        || rest.starts_with(b"import ")
        || rest.starts_with(b"#!");
    if kind.is_program()
        || code
        || matches!(
            kind,
            Kind::Zip | Kind::Office | Kind::Pickle | Kind::Gzip | Kind::Tar | Kind::Archive
        )
    {
        say(
            sink,
            artifact,
            "polyglot",
            format!(
                "{} stands after the end of the picture",
                if code { "code" } else { kind.name() }
            ),
        );
    } else {
        say(
            sink,
            artifact,
            "trailing-data",
            format!("{} bytes of {} after its end", rest.len(), kind.name()),
        );
    }
    if kind != Kind::Unknown {
        uncover(sink, artifact, "after-the-end", rest.to_vec());
    }
}

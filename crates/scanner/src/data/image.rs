//! Pictures: where each ends by its own format, and texts inside it.

use super::{tail, uncover};
use crate::{Artifact, Sink};

/// Shortest text in a picture that is read, in bytes.
const MIN_TEXT: usize = 24;

pub(super) fn examine(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    let bytes = artifact.bytes.as_ref();
    let end = match bytes {
        [0x89, b'P', b'N', b'G', ..] => png(artifact, sink),
        [0xff, 0xd8, ..] => jpeg(bytes),
        [b'G', b'I', b'F', ..] => gif(bytes),
        [b'R', b'I', b'F', b'F', ..] => word(bytes, 4).map(|size| size + 8 + size % 2),
        [b'B', b'M', ..] => word(bytes, 2),
        _ => None,
    };
    match end {
        Some(end) if end <= bytes.len() => tail::after_end(artifact, end, sink),
        _ => tail::examine(artifact, sink),
    }
    sink.examined("data");
}

fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let field: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(field)).ok()
}

/// Chunk by chunk to `IEND`; texts are uncovered on the way.
fn png(artifact: &Artifact<'_>, sink: &mut Sink<'_>) -> Option<usize> {
    let bytes = artifact.bytes.as_ref();
    let mut at = 8;
    loop {
        let field: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        let length = usize::try_from(u32::from_be_bytes(field)).ok()?;
        let kind = bytes.get(at + 4..at + 8)?;
        let data = bytes.get(at + 8..at.checked_add(8)?.checked_add(length)?)?;
        if matches!(kind, b"tEXt" | b"iTXt") && data.len() >= MIN_TEXT {
            let text: Vec<u8> = data
                .iter()
                .map(|byte| if *byte == 0 { b' ' } else { *byte })
                .collect();
            uncover(sink, artifact, "text.txt", text);
        }
        at += length + 12;
        if kind == b"IEND" {
            return Some(at);
        }
    }
}

/// Marker by marker to the scans, and then to the marker that ends them.
fn jpeg(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        match bytes.get(at..at + 2)? {
            [0xff, 0xff] => at += 1,
            [0xff, 0xd9] => return Some(at + 2),
            [0xff, marker @ (0xd0..=0xd7 | 0x01)] => {
                let _ = marker;
                at += 2;
            }
            [0xff, marker] => {
                let length: [u8; 2] = bytes.get(at + 2..at + 4)?.try_into().ok()?;
                at += 2 + usize::from(u16::from_be_bytes(length));
                if *marker == 0xda {
                    at = scan_end(bytes, at)?;
                }
            }
            _ => return None,
        }
    }
}

/// Inside a scan 0xff stands before 0 or a restart marker; anything else ends the scan.
fn scan_end(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    memchr::memchr_iter(0xff, rest)
        .find(|at| !matches!(rest.get(at + 1), Some(0 | 0xd0..=0xd7 | 0xff)))
        .map(|at| from + at)
}

/// Block by block to the trailer.
fn gif(bytes: &[u8]) -> Option<usize> {
    let table = |flags: u8| {
        if flags & 0x80 == 0 {
            0
        } else {
            3 << ((flags & 7) + 1)
        }
    };
    let mut at = 13 + table(*bytes.get(10)?);
    loop {
        match bytes.get(at)? {
            0x3b => return Some(at + 1),
            0x21 => at = blocks(bytes, at + 2)?,
            0x2c => at = blocks(bytes, at + 11 + table(*bytes.get(at + 9)?))?,
            _ => return None,
        }
    }
}

fn blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *bytes.get(at)? {
            0 => return Some(at + 1),
            length => at += usize::from(length) + 1,
        }
    }
}

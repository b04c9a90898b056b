//! tar: POSIX, GNU and pax names, within the bounds of every archive.

use super::archive::{MAX_MEMBER_BYTES, MAX_MEMBERS, check_link, check_name, take_member};
use super::say;
use crate::{Artifact, Sink};

const BLOCK: usize = 512;

/// What a header says.
struct Header {
    name: String,
    size: usize,
    kind: u8,
    link: String,
}

pub(super) fn examine(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    let bytes = artifact.bytes.as_ref();
    let (mut at, mut members, mut long_name) = (0, 0, None);
    while let Some(block) = bytes.get(at..at + BLOCK) {
        if block.iter().all(|byte| *byte == 0) {
            break;
        }
        let Some(mut header) = parse(block) else {
            say(
                sink,
                artifact,
                "archive-malformed",
                format!("no header at byte {at}"),
            );
            sink.incomplete("the tar archive cannot be read to its end");
            return;
        };
        members += 1;
        let start = at + BLOCK;
        let Some(content) = bytes.get(start..start.saturating_add(header.size)) else {
            sink.incomplete("the tar archive ends in the middle of a member");
            return;
        };
        at = start + header.size.div_ceil(BLOCK) * BLOCK;
        match header.kind {
            b'L' | b'K' => {
                long_name = Some(text(content)).filter(|_| header.kind == b'L');
                continue;
            }
            b'x' | b'g' => {
                long_name = pax_path(content).or(long_name);
                continue;
            }
            _ => {}
        }
        if let Some(name) = long_name.take() {
            header.name = name;
        }
        if members > MAX_MEMBERS || header.size as u64 > MAX_MEMBER_BYTES {
            say(sink, artifact, "archive-bomb", format!("{members} members"));
            sink.incomplete("the tar archive is larger than the scanner's bounds");
            return;
        }
        member(artifact, &header, content, sink);
    }
    say(sink, artifact, "archive", format!("{members} members"));
    sink.examined("data");
}

fn member(artifact: &Artifact<'_>, header: &Header, content: &[u8], sink: &mut Sink<'_>) {
    check_name(artifact, &header.name, sink);
    match header.kind {
        b'1' | b'2' => check_link(artifact, &header.name, &header.link, sink),
        b'3' | b'4' | b'6' => say(
            sink,
            artifact,
            "archive-escapes",
            format!("`{}` is a device or a pipe", header.name),
        ),
        b'5' => {}
        _ => {
            take_member(artifact, &header.name, content.to_vec(), sink);
        }
    }
}

fn parse(block: &[u8]) -> Option<Header> {
    let stated = octal(block.get(148..156)?)?;
    let blank = |at: usize, byte: u8| if (148..156).contains(&at) { b' ' } else { byte };
    let sum: usize = block
        .iter()
        .enumerate()
        .map(|(at, byte)| usize::from(blank(at, *byte)))
        .sum();
    if sum != stated {
        return None;
    }
    let name = text(block.get(..100)?);
    let prefix = if block.get(257..262)? == b"ustar" {
        text(block.get(345..500)?)
    } else {
        String::new()
    };
    Some(Header {
        name: if prefix.is_empty() {
            name
        } else {
            format!("{prefix}/{name}")
        },
        size: octal(block.get(124..136)?)?,
        kind: *block.get(156)?,
        link: text(block.get(157..257)?),
    })
}

/// Octal digits, or the base-256 form for large numbers.
fn octal(field: &[u8]) -> Option<usize> {
    if field.first().is_some_and(|byte| byte & 0x80 != 0) {
        let low = field.get(field.len() - 8..)?;
        let number = low
            .iter()
            .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        return usize::try_from(number).ok();
    }
    let digits = text(field);
    let digits = digits.trim();
    if digits.is_empty() {
        Some(0)
    } else {
        usize::from_str_radix(digits, 8).ok()
    }
}

fn text(field: &[u8]) -> String {
    let end = memchr::memchr(0, field).unwrap_or(field.len());
    String::from_utf8_lossy(field.get(..end).unwrap_or_default()).into_owned()
}

/// The `path` record of a pax header.
fn pax_path(content: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(content);
    text.lines()
        .find_map(|line| Some(line.split_once(" path=")?.1.to_owned()))
}

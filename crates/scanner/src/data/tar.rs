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

/// What the members before a member say of it.
#[derive(Default)]
struct Ahead {
    name: Option<String>,
    link: Option<String>,
}

pub(super) fn examine(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    let bytes = artifact.bytes.as_ref();
    let (mut at, mut members, mut ahead) = (0, 0, Ahead::default());
    while let Some(block) = bytes.get(at..at + BLOCK) {
        if block.iter().all(|byte| *byte == 0) {
            break;
        }
        let Some(mut header) = parse(block) else {
            return malformed(artifact, format!("no header at byte {at}"), sink);
        };
        members += 1;
        let start = at + BLOCK;
        let Some(content) = bytes.get(start..start.saturating_add(header.size)) else {
            sink.incomplete("the tar archive ends in the middle of a member");
            return;
        };
        at = start + header.size.div_ceil(BLOCK) * BLOCK;
        match header.kind {
            b'L' => ahead.name = Some(text(content)),
            b'K' => ahead.link = Some(text(content)),
            b'x' | b'g' | b'X' => {
                if let Err(why) = ahead.read_pax(content) {
                    return malformed(artifact, why.to_owned(), sink);
                }
            }
            // Readers disagree on whether these have content, and so on where the next member begins.
            b'1'..=b'6' if header.size > 0 => {
                return malformed(artifact, format!("`{}` has content", header.name), sink);
            }
            b'S' | b'M' | b'D' | b'V' => {
                return malformed(
                    artifact,
                    format!("`{}` is stored in parts", header.name),
                    sink,
                );
            }
            _ => {
                let told = std::mem::take(&mut ahead);
                header.name = told.name.unwrap_or(header.name);
                header.link = told.link.unwrap_or(header.link);
                if members > MAX_MEMBERS || header.size as u64 > MAX_MEMBER_BYTES {
                    say(sink, artifact, "archive-bomb", format!("{members} members"));
                    sink.incomplete("the tar archive is larger than the scanner's bounds");
                    return;
                }
                member(artifact, &header, content, sink);
            }
        }
    }
    say(sink, artifact, "archive", format!("{members} members"));
    // Some readers go on behind the empty block that ends the archive for others.
    let rest = bytes.get(at..).unwrap_or_default();
    if rest.iter().any(|byte| *byte != 0) {
        return malformed(artifact, "it goes on behind its end".to_owned(), sink);
    }
    sink.examined("data");
}

fn malformed(artifact: &Artifact<'_>, why: String, sink: &mut Sink<'_>) {
    say(sink, artifact, "archive-malformed", why);
    sink.incomplete("the tar archive cannot be read to its end");
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

impl Ahead {
    /// The records of a pax header, each behind its own length.
    fn read_pax(&mut self, mut content: &[u8]) -> Result<(), &'static str> {
        const BROKEN: &str = "a pax header cannot be read";
        while content.first().is_some_and(|byte| *byte != 0) {
            let blank = memchr::memchr(b' ', content).ok_or(BROKEN)?;
            let length = std::str::from_utf8(content.get(..blank).ok_or(BROKEN)?)
                .ok()
                .and_then(|digits| digits.parse::<usize>().ok())
                .filter(|length| *length > blank)
                .ok_or(BROKEN)?;
            let record = content.get(blank + 1..length).ok_or(BROKEN)?;
            let split = memchr::memchr(b'=', record).ok_or(BROKEN)?;
            let (name, value) = record.split_at_checked(split).ok_or(BROKEN)?;
            let value = value.get(1..).unwrap_or_default();
            let value = text(value.strip_suffix(b"\n").unwrap_or(value));
            match name {
                b"path" => self.name = Some(value),
                b"linkpath" => self.link = Some(value),
                b"size" => return Err("a pax header gives a member another size"),
                _ if name.starts_with(b"GNU.sparse") => return Err("a member is stored in parts"),
                _ => {}
            }
            content = content.get(length..).unwrap_or_default();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_pax_are_read_by_their_lengths() {
        let mut ahead = Ahead::default();
        let records = b"23 comment=a\n9 path=b\n\n13 path=a.py\n17 linkpath=/etc\n";
        assert_eq!(ahead.read_pax(records), Ok(()));
        assert_eq!(ahead.name.as_deref(), Some("a.py"));
        assert_eq!(ahead.link.as_deref(), Some("/etc"));
        for broken in [
            &b"9 path=a.py\n"[..],
            b"99 path=a\n",
            b"path=a\n",
            b"10 size=7\n",
        ] {
            assert!(Ahead::default().read_pax(broken).is_err());
        }
    }
}

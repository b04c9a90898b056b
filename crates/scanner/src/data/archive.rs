//! ZIP and compressed streams: every member becomes an artifact, within bounds of count, size and ratio.

mod records;

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::{base_name, say, uncover};
use crate::{Artifact, Kind, Sink, unpack};

/// Largest member that is unpacked, in bytes.
pub(super) const MAX_MEMBER_BYTES: u64 = 16 << 20;
/// Members of one archive.
pub(super) const MAX_MEMBERS: usize = 400;
/// How many times larger than the archive its content may be; text reaches 20, and a bomb 1,000.
const MAX_RATIO: u64 = 150;
/// Content under this size is no bomb, whatever the ratio, in bytes.
const SMALL_BYTES: u64 = 1 << 20;

pub(super) fn examine_zip(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    let bytes = artifact.bytes.as_ref();
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else {
        say(
            sink,
            artifact,
            "archive-malformed",
            "its directory cannot be read".to_owned(),
        );
        sink.incomplete("the archive's directory cannot be read");
        return;
    };
    differ(artifact, &mut archive, sink);
    if artifact.kind == Kind::Zip {
        say(
            sink,
            artifact,
            "archive",
            format!("{} members", archive.len()),
        );
    }
    if archive.len() > MAX_MEMBERS {
        say(
            sink,
            artifact,
            "archive-bomb",
            format!("{} members", archive.len()),
        );
        sink.incomplete("the archive has more members than the scanner's bounds");
    }
    let mut total = 0;
    for index in 0..archive.len().min(MAX_MEMBERS) {
        let Some(size) = zip_member(artifact, &mut archive, index, sink) else {
            continue;
        };
        total += size;
        if total > SMALL_BYTES.max(bytes.len() as u64 * MAX_RATIO)
            || total > crate::MAX_UNCOVERED_BYTES as u64
        {
            say(
                sink,
                artifact,
                "archive-bomb",
                format!("more than {total} bytes from {}", bytes.len()),
            );
            sink.incomplete("the archive unpacks to more than the scanner's bounds");
            return;
        }
    }
    sink.examined("data");
}

/// Unpacks one member; its size, where it was unpacked.
fn zip_member(
    artifact: &Artifact<'_>,
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
    sink: &mut Sink<'_>,
) -> Option<u64> {
    let (raw, encrypted, link, directory) = {
        let Ok(member) = archive.by_index_raw(index) else {
            let detail = format!("member {} cannot be read", index + 1);
            say(sink, artifact, "archive-malformed", detail);
            sink.incomplete("a member of the archive cannot be read");
            return None;
        };
        let raw = String::from_utf8_lossy(member.name_raw()).into_owned();
        (
            raw,
            member.encrypted(),
            member.is_symlink(),
            member.is_dir() && member.size() == 0 && member.compressed_size() <= 2,
        )
    };
    check_name(artifact, &raw, sink);
    if encrypted {
        say(sink, artifact, "archive-encrypted", raw);
        sink.incomplete("a member of the archive is encrypted");
        return None;
    }
    if directory {
        return None;
    }
    let mut content = Vec::new();
    let read = match archive.by_index(index) {
        Ok(member) => member
            .take(MAX_MEMBER_BYTES + 1)
            .read_to_end(&mut content)
            .is_ok(),
        Err(_) => false,
    };
    if !read || content.len() as u64 > MAX_MEMBER_BYTES {
        sink.incomplete(format!(
            "`{raw}` in the archive cannot be unpacked within the scanner's bounds"
        ));
        return Some(content.len() as u64);
    }
    if link {
        check_link(artifact, &raw, &String::from_utf8_lossy(&content), sink);
        return None;
    }
    Some(take_member(artifact, &raw, content, sink))
}

/// Hands a member on; its size.
pub(super) fn take_member(
    artifact: &Artifact<'_>,
    name: &str,
    content: Vec<u8>,
    sink: &mut Sink<'_>,
) -> u64 {
    let size = content.len() as u64;
    let kind = Kind::identify(name, &content);
    if kind.is_program() && !matches!(kind, Kind::JavaScript | Kind::TypeScript) {
        let check = if artifact.kind == Kind::Office {
            "office-program"
        } else {
            "archive-program"
        };
        say(
            sink,
            artifact,
            check,
            format!("`{name}` is {}", kind.name()),
        );
    }
    super::document::examine_office_member(artifact, name, &content, sink);
    uncover(sink, artifact, name, content);
    size
}

/// Names that would leave the folder they are unpacked into.
pub(super) fn check_name(artifact: &Artifact<'_>, name: &str, sink: &mut Sink<'_>) {
    let name = name.replace('\\', "/");
    let drive = matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    if name.starts_with('/')
        || drive
        || name.split('/').any(|part| part == "..")
        || name.contains('\0')
    {
        say(
            sink,
            artifact,
            "archive-escapes",
            format!("a member is called `{name}`"),
        );
    }
}

pub(super) fn check_link(artifact: &Artifact<'_>, name: &str, target: &str, sink: &mut Sink<'_>) {
    let depth = name.matches('/').count();
    let climbs = target.split('/').filter(|part| *part == "..").count();
    if target.starts_with('/') || climbs > depth {
        say(
            sink,
            artifact,
            "archive-escapes",
            format!("`{name}` is a link to `{target}`"),
        );
    }
}

/// Readers that go by different records of one archive see different contents.
fn differ(artifact: &Artifact<'_>, archive: &mut ZipArchive<Cursor<&[u8]>>, sink: &mut Sink<'_>) {
    let found = records::differences(&artifact.bytes, archive);
    for difference in found {
        say(sink, artifact, "archive-malformed", difference);
    }
}

/// gzip, bzip2, xz and zstd; what is none of them stays packed, and is said to be.
pub(super) fn examine_stream(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    let bytes = artifact.bytes.as_ref();
    let bound = SMALL_BYTES
        .max(bytes.len() as u64 * MAX_RATIO)
        .min(crate::MAX_UNCOVERED_BYTES as u64);
    let most = usize::try_from(bound).unwrap_or(usize::MAX);
    let Some(unpacked) = unpack::unpack(bytes, most) else {
        let kind = artifact.kind.name().to_owned();
        say(sink, artifact, "packed-archive", kind);
        return sink.incomplete("the compressed stream cannot be read");
    };
    if unpacked.cut && unpacked.bytes.len() == most {
        let detail = format!("more than {bound} bytes from {}", bytes.len());
        say(sink, artifact, "archive-bomb", detail);
        return sink.incomplete("the compressed stream unpacks to more than the scanner's bounds");
    }
    if unpacked.cut {
        sink.incomplete("the compressed stream cannot be read to its end");
    }
    let content = unpacked.bytes;
    let name = base_name(&artifact.path);
    let lower = name.to_ascii_lowercase();
    let tar = [".tgz", ".tbz", ".tbz2", ".txz", ".tzst"]
        .iter()
        .find_map(|end| lower.strip_suffix(end));
    let plain = [".gz", ".bz2", ".xz", ".lzma", ".zst"]
        .iter()
        .find_map(|end| lower.strip_suffix(end));
    let inner = match tar {
        Some(stem) => format!("{stem}.tar"),
        None => name
            .get(..plain.map_or(name.len(), str::len))
            .unwrap_or("content")
            .to_owned(),
    };
    uncover(sink, artifact, &inner, content);
    sink.examined("data");
}

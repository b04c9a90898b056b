//! The records of a ZIP archive held against each other: its end, its directory, the heads of its members.

use std::io::Cursor;

use memchr::memmem;
use zip::ZipArchive;

const END: &[u8] = b"PK\x05\x06";
const LARGE_END: &[u8] = b"PK\x06\x06";
const LARGE_LOCATOR: &[u8] = b"PK\x06\x07";
/// Lengths of the end's record for large archives, and of what leads to it.
const LARGE_END_LENGTH: usize = 56;
const LOCATOR_LENGTH: usize = 20;

/// What the end of an archive says of its directory.
struct End {
    members: u64,
    /// Where the directory begins, reckoned back from the end.
    directory: Option<usize>,
}

/// One sentence for each way in which another reader would see something else.
pub(super) fn differences(bytes: &[u8], archive: &mut ZipArchive<Cursor<&[u8]>>) -> Vec<String> {
    let mut found = Vec::new();
    let directory = usize::try_from(archive.central_directory_start()).unwrap_or(usize::MAX);
    let ends = memmem::find_iter(bytes.get(directory..).unwrap_or_default(), END);
    if ends.count() != 1 {
        found.push("it has more than one end".to_owned());
    }
    match end(bytes) {
        Err(why) => found.push(why.to_owned()),
        Ok(end) if end.members != archive.len() as u64 => {
            let (stated, seen) = (end.members, archive.len());
            found.push(format!("it states {stated} members and shows {seen}"));
        }
        Ok(end) if end.directory != Some(directory) => {
            found.push("its end and its directory do not fit".to_owned());
        }
        Ok(_) => {}
    }
    if archive.offset() > 0 {
        found.push(format!("{} bytes stand before it", archive.offset()));
    }
    // Heads that say something else than the directory, members that stand in none or over each other.
    found.extend(
        archive
            .validate_header_consistency()
            .err()
            .map(|error| error.to_string()),
    );
    found
}

/// The last record that ends an archive, with the one for large archives that some readers prefer to it.
fn end(bytes: &[u8]) -> Result<End, &'static str> {
    const NONE: &str = "it has no end";
    let at = memmem::rfind(bytes, END).ok_or(NONE)?;
    let members = number(bytes, at + 10, 2).ok_or(NONE)?;
    let size = number(bytes, at + 12, 4).ok_or(NONE)?;
    let before = |size: u64, at: usize| at.checked_sub(usize::try_from(size).ok()?);
    let locator = at.checked_sub(LOCATOR_LENGTH);
    if locator.is_none_or(|at| !starts(bytes, at, LARGE_LOCATOR)) {
        let directory = before(size, at);
        return Ok(End { members, directory });
    }
    let large = locator.and_then(|at| at.checked_sub(LARGE_END_LENGTH));
    let large = large.filter(|at| starts(bytes, *at, LARGE_END));
    let Some(large) = large else {
        return Err("what leads to its end leads elsewhere");
    };
    let (all, length) = (number(bytes, large + 32, 8), number(bytes, large + 40, 8));
    let (Some(all), Some(length)) = (all, length) else {
        return Err(NONE);
    };
    let same = |short: u64, long: u64, most: u64| short == most || short == long;
    if !same(members, all, 0xffff) || !same(size, length, 0xffff_ffff) {
        return Err("its two ends state different directories");
    }
    let directory = before(length, large);
    Ok(End {
        members: all,
        directory,
    })
}

fn starts(bytes: &[u8], at: usize, signature: &[u8]) -> bool {
    bytes
        .get(at..)
        .is_some_and(|rest| rest.starts_with(signature))
}

/// A little-endian number of so many bytes.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let field = bytes.get(at..at.checked_add(width)?)?.iter().rev();
    Some(field.fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

//! What a file's first bytes are.

use super::Kind;

/// Signatures at the beginning, the longer ones first.
const SIGNATURES: &[(&[u8], Kind)] = &[
    (b"\x89PNG\r\n\x1a\n", Kind::Image),
    (b"\xff\xd8\xff", Kind::Image),
    (b"GIF87a", Kind::Image),
    (b"GIF89a", Kind::Image),
    (b"II*\0", Kind::Image),
    (b"MM\0*", Kind::Image),
    (b"\0\0\x01\0", Kind::Image),
    (b"\0\0\x02\0", Kind::Image),
    (b"\x1f\x8b", Kind::Gzip),
    (b"BZh", Kind::Compressed),
    (b"\xfd7zXZ\0", Kind::Compressed),
    (b"\x28\xb5\x2f\xfd", Kind::Compressed),
    (b"\x04\x22\x4d\x18", Kind::Compressed),
    (b"7z\xbc\xaf\x27\x1c", Kind::Archive),
    (b"Rar!\x1a\x07", Kind::Archive),
    (b"MSCF\0\0\0\0", Kind::Archive),
    (b"!<arch>\n", Kind::Archive),
    (b"\xed\xab\xee\xdb", Kind::Archive),
    (b"xar!\0", Kind::Archive),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind::Ole),
    (b"%PDF-", Kind::Pdf),
    (b"\x7fELF", Kind::Elf),
    (b"\xfe\xed\xfa\xce", Kind::MachO),
    (b"\xfe\xed\xfa\xcf", Kind::MachO),
    (b"\xce\xfa\xed\xfe", Kind::MachO),
    (b"\xcf\xfa\xed\xfe", Kind::MachO),
    (b"\0asm", Kind::Wasm),
    (b"dex\n03", Kind::ForeignCode),
    (b"BC\xc0\xde", Kind::ForeignCode),
    (b"L\0\0\0\x01\x14\x02\0", Kind::ForeignCode),
    (b"\x1bLua", Kind::ForeignCode),
    (b"\0\x01\0\0\0", Kind::Font),
    (b"OTTO", Kind::Font),
    (b"true\0", Kind::Font),
    (b"ttcf", Kind::Font),
    (b"wOFF", Kind::Font),
    (b"wOF2", Kind::Font),
    (b"ID3", Kind::Audio),
    (b"fLaC", Kind::Audio),
    (b"OggS", Kind::Audio),
    (b"\x1aE\xdf\xa3", Kind::Video),
    (b"SQLite format 3\0", Kind::Sqlite),
    (b"\x93NUMPY", Kind::Npy),
    (b"PAR1", Kind::Table),
    (b"\0\x05\x16\x07", Kind::Table),
    (b"ARROW1\0\0", Kind::Table),
    (b"\x89HDF\r\n\x1a\n", Kind::Table),
    (b"Obj\x01", Kind::Table),
    (b"\xff\xfe\0\0", Kind::WideText),
    (b"\0\0\xfe\xff", Kind::WideText),
    (b"\xff\xfe", Kind::WideText),
    (b"\xfe\xff", Kind::WideText),
];

/// The kind that the signature says, if there is one.
pub(super) fn kind_of(bytes: &[u8]) -> Option<Kind> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Some(zip_kind(bytes));
    }
    if let Some((_, kind)) = SIGNATURES
        .iter()
        .find(|(signature, _)| bytes.starts_with(signature))
    {
        return Some(*kind);
    }
    let word = |at: usize| bytes.get(at..at + 4).unwrap_or_default();
    match (word(0), word(8)) {
        (b"RIFF", b"WEBP") => return Some(Kind::Image),
        (b"RIFF", b"WAVE") => return Some(Kind::Audio),
        (b"RIFF", b"AVI ") => return Some(Kind::Video),
        _ => {}
    }
    match word(4) {
        b"ftyp" if matches!(word(8), b"avif" | b"heic" | b"mif1") => return Some(Kind::Image),
        b"ftyp" => return Some(Kind::Video),
        _ => {}
    }
    if is_pe(bytes) {
        return Some(Kind::Pe);
    }
    if is_bmp(bytes) {
        return Some(Kind::Image);
    }
    if word(0) == b"\xca\xfe\xba\xbe" {
        // A fat Mach-O has few architectures where a Java class has its version.
        let fat = bytes
            .get(4..8)
            .is_some_and(|count| matches!(count, [0, 0, 0, 1..=30]));
        return Some(if fat { Kind::MachO } else { Kind::ForeignCode });
    }
    if bytes.get(257..262) == Some(b"ustar") || is_old_tar(bytes) {
        return Some(Kind::Tar);
    }
    if is_pyc(bytes) {
        return Some(Kind::Pyc);
    }
    if matches!(bytes, [0x80, 0..=5, ..]) {
        return Some(Kind::Pickle);
    }
    let mp3 = matches!(bytes, [0xff, 0xfb | 0xf3 | 0xf2 | 0xfa, _, _, ..]);
    mp3.then_some(Kind::Audio)
}

/// Office documents name their content types in a member of their own.
fn zip_kind(bytes: &[u8]) -> Kind {
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or(bytes);
    let office = memchr::memmem::find(head, b"[Content_Types].xml").is_some()
        || memchr::memmem::find(head, b"mimetypeapplication/vnd.oasis").is_some();
    if office { Kind::Office } else { Kind::Zip }
}

fn is_pe(bytes: &[u8]) -> bool {
    let Some([a, b, c, d]) = bytes.get(0x3c..0x40) else {
        return false;
    };
    let at = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
    bytes.starts_with(b"MZ")
        && at.checked_add(4).and_then(|end| bytes.get(at..end)) == Some(b"PE\0\0")
}

fn is_bmp(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BM")
        && bytes.get(6..10) == Some(&[0; 4])
        && bytes.get(15..18) == Some(&[0; 3])
}

/// The header of a tar from before POSIX has no signature, only a checksum that fits.
fn is_old_tar(bytes: &[u8]) -> bool {
    let Some(header) = bytes.get(..512) else {
        return false;
    };
    let Some(field) = header.get(148..156) else {
        return false;
    };
    let digits: Vec<u8> = field.iter().copied().filter(u8::is_ascii_digit).collect();
    let Some(stated) = std::str::from_utf8(&digits)
        .ok()
        .and_then(|digits| u32::from_str_radix(digits, 8).ok())
    else {
        return false;
    };
    let blank = |at: usize, byte: u8| if (148..156).contains(&at) { b' ' } else { byte };
    stated > 0
        && stated
            == header
                .iter()
                .enumerate()
                .map(|(at, byte)| u32::from(blank(at, *byte)))
                .sum::<u32>()
}

/// CPython's magic number is two bytes and CR LF; the flags say how the source is compared.
fn is_pyc(bytes: &[u8]) -> bool {
    let Some([low, high, b'\r', b'\n', flags, 0, 0, 0]) = bytes.get(..8) else {
        return false;
    };
    let magic = u16::from_le_bytes([*low, *high]);
    *flags <= 3 && (3390..4000).contains(&magic)
}

/// Pickles of protocol 0 and 1 are told by opcodes that name a module, or by a whole program of opcodes.
pub(super) fn is_text_pickle(bytes: &[u8]) -> bool {
    starts_text_pickle(bytes) || crate::data::is_pickle(bytes)
}

fn starts_text_pickle(bytes: &[u8]) -> bool {
    let head = match bytes {
        [b'c' | b'i', ..] => 0,
        [b'}' | b']', b'q', ..] | [b'(', b'd' | b'l', b'p', ..] => return bytes.ends_with(b"."),
        [b'(', b'c' | b'i', ..] => 1,
        _ => return false,
    };
    let mut lines = bytes
        .get(head + 1..)
        .unwrap_or_default()
        .split(|byte| *byte == b'\n');
    let mut names = [lines.next(), lines.next()].into_iter();
    let dotted = |name: &[u8]| {
        !name.is_empty()
            && name
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
    };
    // A word and a word on the first two lines are a pickle only when opcodes follow and a STOP ends it.
    names.all(|name| name.is_some_and(dotted))
        && bytes.trim_ascii_end().ends_with(b".")
        && lines.next().is_some_and(|rest| {
            matches!(
                rest.first(),
                Some(b'(' | b'p' | b'q' | b')' | b'N' | b'S' | b'V' | b'X' | b'U')
            )
        })
}

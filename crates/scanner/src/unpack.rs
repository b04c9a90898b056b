//! Compressed streams of every format that Python or a person unpacks, within bounds of output and memory.

use std::io::Read;

use bzip2::read::MultiBzDecoder;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use lzma_rust2::{LzmaReader, XzReader};
use ruzstd::decoding::StreamingDecoder;

/// Memory that a decoder may take for its dictionary: the largest preset of xz needs 65 MiB.
const MOST_MEMORY_KIB: u32 = 80 << 10;

/// What a stream held.
#[derive(Debug)]
pub(crate) struct Unpacked {
    pub(crate) bytes: Vec<u8>,
    pub(crate) format: &'static str,
    /// It goes on beyond the bound, or is broken after what was read.
    pub(crate) cut: bool,
}

/// Unpacks a stream that its signature names; `None` when there is none, or nothing can be read.
pub(crate) fn unpack(data: &[u8], most: usize) -> Option<Unpacked> {
    match data {
        [0x1F, 0x8B, ..] => read(MultiGzDecoder::new(data), "gzip", most),
        [b'B', b'Z', b'h', ..] => read(MultiBzDecoder::new(data), "bzip2", most),
        [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => read(
            XzReader::new_mem_limit(data, true, MOST_MEMORY_KIB),
            "lzma",
            most,
        ),
        [0x5D, 0, 0, ..] => read(
            LzmaReader::new_mem_limit(data, MOST_MEMORY_KIB, None).ok()?,
            "lzma",
            most,
        ),
        [0x28, 0xB5, 0x2F, 0xFD, ..] => {
            let window = u64::from(MOST_MEMORY_KIB) << 10;
            let decoder = StreamingDecoder::new_with_max_window_size(data, window).ok()?;
            read(decoder, "zstd", most)
        }
        [0x78, ..] => read(ZlibDecoder::new(data), "zlib", most),
        _ => None,
    }
}

/// Unpacks a deflate stream, which has no signature.
pub(crate) fn inflate(data: &[u8], most: usize) -> Option<Unpacked> {
    read(DeflateDecoder::new(data), "zlib", most)
}

fn read(reader: impl Read, format: &'static str, most: usize) -> Option<Unpacked> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let whole = reader.take(limit).read_to_end(&mut bytes).is_ok();
    if !whole && bytes.is_empty() {
        return None;
    }
    let cut = !whole || bytes.len() > most;
    bytes.truncate(most);
    Some(Unpacked { bytes, format, cut })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `import os` by `gzip`, `bzip2`, `xz`, `lzma` and `zstd`.
    const STREAMS: [(&str, &[u8]); 5] = [
        ("gzip", GZIP),
        ("bzip2", BZIP2),
        ("lzma", XZ),
        ("lzma", LZMA),
        ("zstd", ZSTD),
    ];
    const GZIP: &[u8] = &[
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 203, 204, 45, 200, 47, 42, 81, 200, 47, 6, 0, 245, 110,
        134, 60, 9, 0, 0, 0,
    ];
    const BZIP2: &[u8] = &[
        66, 90, 104, 57, 49, 65, 89, 38, 83, 89, 104, 114, 111, 66, 0, 0, 0, 145, 128, 64, 0, 0,
        34, 220, 0, 32, 0, 49, 12, 8, 33, 166, 141, 168, 14, 111, 74, 60, 93, 201, 20, 225, 66, 65,
        161, 201, 189, 8,
    ];
    const XZ: &[u8] = &[
        253, 55, 122, 88, 90, 0, 0, 4, 230, 214, 180, 70, 2, 0, 33, 1, 22, 0, 0, 0, 116, 47, 229,
        163, 1, 0, 8, 105, 109, 112, 111, 114, 116, 32, 111, 115, 0, 0, 0, 0, 121, 117, 192, 233,
        162, 211, 115, 149, 0, 1, 33, 9, 108, 24, 197, 213, 31, 182, 243, 125, 1, 0, 0, 0, 0, 4,
        89, 90,
    ];
    const LZMA: &[u8] = &[
        93, 0, 0, 128, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 52, 155, 74, 103, 184, 82, 60,
        115, 237, 53, 144, 237, 216, 255, 255, 115, 168, 0, 0,
    ];
    const ZSTD: &[u8] = &[
        40, 181, 47, 253, 4, 88, 73, 0, 0, 105, 109, 112, 111, 114, 116, 32, 111, 115, 125, 207,
        222, 107,
    ];

    #[test]
    fn each_format_gives_back_the_same_word() {
        for (format, stream) in STREAMS {
            let unpacked = unpack(stream, 100).unwrap();
            assert_eq!(
                (unpacked.format, &*unpacked.bytes),
                (format, &b"import os"[..])
            );
            assert!(!unpacked.cut);
        }
    }

    #[test]
    fn what_goes_on_beyond_the_bound_is_cut_and_said_to_be() {
        for (_, stream) in STREAMS {
            let unpacked = unpack(stream, 4).unwrap();
            assert_eq!((&*unpacked.bytes, unpacked.cut), (&b"impo"[..], true));
        }
    }

    #[test]
    fn broken_streams_are_no_streams() {
        for (_, stream) in STREAMS {
            let broken = stream.get(..stream.len() / 2).unwrap();
            assert!(unpack(broken, 100).is_none_or(|unpacked| unpacked.cut));
        }
        assert!(unpack(b"import os", 100).is_none());
    }
}

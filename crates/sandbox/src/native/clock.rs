//! Another date for one run: every way to the wall clock is led through the kernel, where the supervisor answers.
//!
//! The C library reads clocks from a page of code, the vDSO, without asking the kernel. In the payload's own copy of
//! that page the readers are replaced by plain system calls, which the filter announces. What this does not cover:
//! programs that the payload executes (they get a fresh page), time stamps of files, and absolute timers.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::sys::{self, Notification};

/// How far the clock goes ahead where the code names no later date. 400 days, 7 hours and 13 minutes: another year, month, day, weekday and hour.
pub(crate) const SHIFT: Duration = Duration::from_secs(400 * 86_400 + 7 * 3_600 + 13 * 60);

/// Type of the section with the names that a library offers.
const DYNAMIC_SYMBOLS: u32 = 11;
/// A vDSO is two pages; nobody reads more.
const LARGEST: u64 = 64 << 10;

/// Readers of the clock, and the code that asks the kernel instead: number into a register, call, return.
#[cfg(target_arch = "x86_64")]
const READERS: [(&[u8], &[u8]); 3] = [
    (b"__vdso_clock_gettime", b"\xb8\xe4\0\0\0\x0f\x05\xc3"),
    (b"__vdso_gettimeofday", b"\xb8\x60\0\0\0\x0f\x05\xc3"),
    (b"__vdso_time", b"\xb8\xc9\0\0\0\x0f\x05\xc3"),
];
#[cfg(target_arch = "aarch64")]
const READERS: [(&[u8], &[u8]); 2] = [
    (
        b"__kernel_clock_gettime",
        b"\x28\x0e\x80\xd2\x01\0\0\xd4\xc0\x03\x5f\xd6",
    ),
    (
        b"__kernel_gettimeofday",
        b"\x28\x15\x80\xd2\x01\0\0\xd4\xc0\x03\x5f\xd6",
    ),
];
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const READERS: [(&[u8], &[u8]); 0] = [];

/// Replaces the readers in the memory of a process that waits.
pub(crate) fn redirect(pid: i32) -> io::Result<()> {
    let absent = || io::Error::from(io::ErrorKind::NotFound);
    let maps = fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let line = maps.lines().find(|line| line.ends_with("[vdso]"));
    let (start, end) = line.and_then(range).ok_or_else(absent)?;
    let memory = File::options()
        .read(true)
        .write(true)
        .open(format!("/proc/{pid}/mem"))?;
    let mut image = vec![0; usize::try_from((end - start).min(LARGEST)).unwrap_or(0)];
    memory.read_exact_at(&mut image, start)?;
    for (name, code) in READERS {
        let at = symbol(&image, name).ok_or_else(absent)?;
        memory.write_all_at(code, start + at)?;
    }
    if READERS.is_empty() {
        return Err(absent());
    }
    Ok(())
}

fn range(line: &str) -> Option<(u64, u64)> {
    let (start, end) = line.split(' ').next()?.split_once('-')?;
    let number = |text| u64::from_str_radix(text, 16).ok();
    number(start)
        .zip(number(end))
        .filter(|(start, end)| start < end)
}

/// Where an ELF image offers this name, counted from its start.
fn symbol(image: &[u8], name: &[u8]) -> Option<u64> {
    let number = |base: u64, offset: u64, length: usize| {
        let at = usize::try_from(base.checked_add(offset)?).ok()?;
        let mut bytes = [0; 8];
        bytes
            .get_mut(..length)?
            .copy_from_slice(image.get(at..at.checked_add(length)?)?);
        Some(u64::from_le_bytes(bytes))
    };
    let (table, size, count) = (number(0, 40, 8)?, number(0, 58, 2)?, number(0, 60, 2)?);
    let section = |index: u64| table.checked_add(index.checked_mul(size)?);
    let symbols = (0..count)
        .filter_map(section)
        .find(|at| number(*at, 4, 4) == Some(u64::from(DYNAMIC_SYMBOLS)))?;
    let (first, length, link) = (
        number(symbols, 24, 8)?,
        number(symbols, 32, 8)?,
        number(symbols, 40, 4)?,
    );
    let names = number(section(link)?, 24, 8)?;
    let mut entries = (0..length / 24).map_while(|index| first.checked_add(index * 24));
    let found = entries.find(|entry| {
        let text = number(*entry, 0, 4).and_then(|offset| names.checked_add(offset));
        let text = text.and_then(|at| image.get(usize::try_from(at).ok()?..));
        text.is_some_and(|text| text.starts_with(name) && text.get(name.len()) == Some(&0))
    })?;
    number(found, 8, 8)
}

/// What one of the watched calls is answered with: a value, or an error number.
pub(crate) fn answer(name: &str, call: &Notification, ahead: Duration) -> Result<i64, i32> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        + ahead;
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let [first, second, ..] = call.arguments;
    let (address, parts) = match name {
        "clock_gettime" => (second, vec![seconds, i64::from(now.subsec_nanos())]),
        "gettimeofday" => (first, vec![seconds, i64::from(now.subsec_micros())]),
        _ => (first, vec![seconds]),
    };
    let value = if name == "time" { seconds } else { 0 };
    if address == 0 {
        return Ok(value);
    }
    let bytes: Vec<u8> = parts.iter().flat_map(|part| part.to_ne_bytes()).collect();
    match sys::write_memory(call.pid, address, &bytes) {
        Ok(written) if written == bytes.len() => Ok(value),
        Ok(_) | Err(_) => Err(libc::EFAULT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readers_of_this_kernel_are_found() {
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let line = maps.lines().find(|line| line.ends_with("[vdso]")).unwrap();
        let (start, end) = range(line).unwrap();
        let mut image = vec![0; (end - start) as usize];
        let memory = File::open("/proc/self/mem").unwrap();
        memory.read_exact_at(&mut image, start).unwrap();
        for (name, code) in READERS {
            let at = symbol(&image, name).unwrap() as usize;
            assert!(at + code.len() < image.len());
        }
        assert_eq!(symbol(&image, b"__vdso_absent"), None);
    }

    #[test]
    fn what_is_no_image_offers_nothing() {
        for length in [0, 10, 63, 64, 500] {
            assert_eq!(symbol(&vec![0xff; length], b"time"), None);
            assert_eq!(symbol(&vec![0; length], b"time"), None);
        }
    }
}

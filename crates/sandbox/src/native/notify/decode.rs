//! What the arguments of a call say, read from the caller's memory while it waits.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Attempt;
use crate::native::resolver;
use crate::sys::{self, Notification};

/// A path longer than the kernel takes is no path.
const LONGEST_PATH: usize = 4096;

/// The resolver of the C library sends two at once.
const MOST_MESSAGES: u64 = 16;

/// The size of a `struct mmsghdr`.
const MESSAGE_BYTES: u64 = 64;

/// The working directory instead of a directory's descriptor.
const HERE: i32 = libc::AT_FDCWD;

/// Why the arguments of a call cannot be read.
pub(super) struct Unreadable;

/// What the call's arguments say; nothing for calls of no interest, for instance local sockets.
pub(super) fn decode(name: &str, call: &Notification) -> Result<Vec<Attempt>, Unreadable> {
    let [a, b, c, d, e, _] = call.arguments;
    let path = |directory: u64, address: u64| path(call.pid, directory as i32, address);
    let here = HERE as u64;
    let open = |path: String, flags: u64| {
        let writes = flags as i32 & (libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC) != 0;
        if writes {
            Attempt::Write(path)
        } else {
            Attempt::Read(path)
        }
    };
    let address = |address, length| internet_address(call.pid, address, length);
    let connect = |found: Option<(IpAddr, u16)>| {
        found
            .map(|(ip, port)| Attempt::Connect(ip, port))
            .into_iter()
            .collect()
    };
    Ok(match name {
        "open" => vec![open(path(here, a)?, b)],
        "openat" => vec![open(path(a, b)?, c)],
        "openat2" => vec![open(path(a, b)?, number(call.pid, c)?)],
        "creat" | "truncate" | "chmod" | "mkdir" => vec![Attempt::Write(path(here, a)?)],
        "fchmodat" | "fchmodat2" | "mkdirat" => vec![Attempt::Write(path(a, b)?)],
        "unlink" | "rmdir" => vec![Attempt::Delete(path(here, a)?)],
        "unlinkat" => vec![Attempt::Delete(path(a, b)?)],
        "rename" => vec![
            Attempt::Delete(path(here, a)?),
            Attempt::Write(path(here, b)?),
        ],
        "renameat" | "renameat2" => vec![Attempt::Delete(path(a, b)?), Attempt::Write(path(c, d)?)],
        "link" => vec![
            Attempt::Read(path(here, a)?),
            Attempt::Write(path(here, b)?),
        ],
        "linkat" => vec![Attempt::Read(path(a, b)?), Attempt::Write(path(c, d)?)],
        "symlink" => vec![
            Attempt::Read(path(here, a)?),
            Attempt::Write(path(here, b)?),
        ],
        "symlinkat" => vec![Attempt::Read(path(here, a)?), Attempt::Write(path(b, c)?)],
        // A datagram is a question to a name server more often than not, and audit hooks know which.
        "socket" if a != libc::AF_UNIX as u64 && b & 0xf != libc::SOCK_DGRAM as u64 => {
            vec![Attempt::Socket]
        }
        "socket" => Vec::new(),
        "execve" => vec![Attempt::Execute(path(here, a)?)],
        "execveat" => vec![Attempt::Execute(path(a, b)?)],
        "connect" => connect(address(b, c)?),
        "bind" => address(b, c)?
            .map(|(ip, port)| Attempt::Listen(ip, port))
            .into_iter()
            .collect(),
        "sendto" if e != 0 => connect(address(e, call.arguments[5])?),
        "sendto" => resolve(call.pid, b, c),
        "sendmsg" => message(call.pid, b)?,
        "sendmmsg" => messages(call.pid, b, c)?,
        "mmap" if d as i32 & libc::MAP_ANONYMOUS != 0 => Vec::new(),
        "mmap" => vec![Attempt::Load(opened(call.pid, e as i32)?)],
        _ => vec![Attempt::Control],
    })
}

/// What each of several messages sends; more of them at once than anybody needs are none that can be described.
fn messages(pid: i32, first: u64, count: u64) -> Result<Vec<Attempt>, Unreadable> {
    if count & 0xffff_ffff > MOST_MESSAGES {
        return Err(Unreadable);
    }
    let headers = (0..count & 0xffff_ffff).map(|index| first.wrapping_add(index * MESSAGE_BYTES));
    let each: Vec<_> = headers
        .map(|header| message(pid, header))
        .collect::<Result<_, _>>()?;
    Ok(each.into_iter().flatten().collect())
}

/// What a message header sends: to an address, or on a connected socket, where only a name server is of interest.
fn message(pid: i32, header: u64) -> Result<Vec<Attempt>, Unreadable> {
    let field = |offset| number(pid, header.wrapping_add(offset));
    let (address, length) = (field(0)?, field(8)? & 0xffff_ffff);
    if address != 0 {
        let found = internet_address(pid, address, length)?;
        return Ok(found
            .map(|(ip, port)| Attempt::Connect(ip, port))
            .into_iter()
            .collect());
    }
    let (parts, count) = (field(16)?, field(24)?);
    if count == 0 {
        return Ok(Vec::new());
    }
    let (start, length) = (number(pid, parts)?, number(pid, parts.wrapping_add(8))?);
    Ok(resolve(pid, start, length))
}

/// The question to a name server that a buffer holds, if it holds one.
fn resolve(pid: i32, address: u64, length: u64) -> Vec<Attempt> {
    let mut packet = [0; 512];
    let most = usize::try_from(length)
        .unwrap_or(usize::MAX)
        .min(packet.len());
    let read = packet
        .get_mut(..most)
        .map(|buffer| sys::read_memory(pid, address, buffer));
    let Some(Ok(read)) = read else {
        return Vec::new();
    };
    let name = packet.get(..read).and_then(resolver::asked);
    name.map(Attempt::Resolve).into_iter().collect()
}

fn number(pid: i32, address: u64) -> Result<u64, Unreadable> {
    let mut bytes = [0; 8];
    match sys::read_memory(pid, address, &mut bytes) {
        Ok(8) => Ok(u64::from_ne_bytes(bytes)),
        Ok(_) | Err(_) => Err(Unreadable),
    }
}

/// An IPv4 or IPv6 address; `None` for other families, which do not leave the machine.
fn internet_address(
    pid: i32,
    address: u64,
    length: u64,
) -> Result<Option<(IpAddr, u16)>, Unreadable> {
    let mut bytes = [0; 28];
    let wanted = usize::try_from(length).unwrap_or(0).min(bytes.len());
    let buffer = bytes.get_mut(..wanted).ok_or(Unreadable)?;
    if sys::read_memory(pid, address, buffer).map_err(|_| Unreadable)? < wanted {
        return Err(Unreadable);
    }
    let [f0, f1, p0, p1, v4 @ ..] = bytes;
    let port = u16::from_be_bytes([p0, p1]);
    Ok(match i32::from(u16::from_ne_bytes([f0, f1])) {
        libc::AF_INET => {
            let [a, b, c, d, ..] = v4;
            Some((Ipv4Addr::new(a, b, c, d).into(), port))
        }
        libc::AF_INET6 => {
            let (_, v6) = bytes.split_at(8);
            let v6 = v6.first_chunk::<16>().ok_or(Unreadable)?;
            let ip = Ipv6Addr::from(*v6);
            Some((ip.to_ipv4_mapped().map_or(ip.into(), IpAddr::from), port))
        }
        _ => None,
    })
}

/// The absolute, normalised path that a call names, as the payload sees it.
fn path(pid: i32, directory: i32, address: u64) -> Result<String, Unreadable> {
    let text = text(pid, address)?;
    if text.starts_with('/') {
        return Ok(normal(&text));
    }
    let base = opened(pid, directory)?;
    Ok(normal(&format!("{base}/{text}")))
}

/// What a descriptor of the payload, or [`HERE`], stands for.
pub(super) fn opened(pid: i32, descriptor: i32) -> Result<String, Unreadable> {
    let link = if descriptor == HERE {
        format!("/proc/{pid}/cwd")
    } else {
        format!("/proc/{pid}/fd/{descriptor}")
    };
    let path = fs::read_link(link).map_err(|_| Unreadable)?;
    Ok(path.to_string_lossy().into_owned())
}

/// A string that ends with NUL, read page by page, because the next page may not exist.
fn text(pid: i32, address: u64) -> Result<String, Unreadable> {
    let mut found = Vec::new();
    while found.len() < LONGEST_PATH {
        let at = address.checked_add(found.len() as u64).ok_or(Unreadable)?;
        let mut page = [0; 4096];
        let until_edge = usize::try_from(4096 - at % 4096).unwrap_or(page.len());
        // Most paths are short.
        let most = if found.is_empty() {
            until_edge.min(256)
        } else {
            until_edge
        };
        let buffer = page.get_mut(..most).ok_or(Unreadable)?;
        let read = sys::read_memory(pid, at, buffer).map_err(|_| Unreadable)?;
        let bytes = buffer
            .get(..read)
            .filter(|bytes| !bytes.is_empty())
            .ok_or(Unreadable)?;
        if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
            found.extend_from_slice(bytes.get(..end).unwrap_or_default());
            return Ok(String::from_utf8_lossy(&found).into_owned());
        }
        found.extend_from_slice(bytes);
    }
    Err(Unreadable)
}

/// Without `.`, `..` and double slashes.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

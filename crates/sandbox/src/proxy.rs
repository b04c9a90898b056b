//! The only way from a jail to the network: a proxy in the supervisor that resolves and connects to what was granted.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::{Deserialize, Serialize};
use skillgate_model::{Effect, EffectKind};

/// Where it listens inside, by custom of many proxies.
pub(crate) const PORT: u16 = 3128;

/// Connections at the same time.
const CONNECTIONS: usize = 32;
/// Different destinations that are remembered.
const DESTINATIONS: usize = 500;
/// The head of a request.
const HEAD_BYTES: usize = 16 << 10;
/// What passes through one connection, both ways together.
const PASSED_BYTES: u64 = 256 << 20;
/// For sending a request, for connecting, and for silence.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often a connection looks whether the run is over.
const LOOK_MS: u8 = 100;

/// One destination that was granted by name or by address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Destination {
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// Destinations that were asked for, whether they were granted, and how often.
type Asked = BTreeMap<(Destination, bool), u64>;

/// What all connections of one run share.
struct Shared {
    granted: Vec<Destination>,
    asked: Mutex<Asked>,
    over: AtomicBool,
    connections: AtomicUsize,
}

/// A running proxy; it ends when this value is dropped.
pub(crate) struct Proxy {
    shared: Arc<Shared>,
}

impl Destination {
    /// `network:connect(host:port)` with neither part left open; anything else is no destination.
    pub(crate) fn of(effect: &Effect) -> Option<Self> {
        let resource = effect
            .resource
            .as_deref()
            .filter(|_| effect.kind == EffectKind::NetworkConnect)?;
        Self::parse(resource)
    }

    fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let plain =
            |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '.' | '_' | ':');
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        if host.is_empty() || host.len() > 255 || !host.chars().all(plain) {
            return None;
        }
        let port = port.parse().ok().filter(|port| *port != 0)?;
        Some(Self { host, port })
    }

    fn text(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl Proxy {
    /// Serves the connections that arrive at a listener of the jail.
    pub(crate) fn start(listener: OwnedFd, granted: Vec<Destination>) -> io::Result<Self> {
        let listener = TcpListener::from(listener);
        listener.set_nonblocking(true)?;
        let shared = Arc::new(Shared {
            granted,
            asked: Mutex::new(Asked::new()),
            over: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
        });
        let proxy = Self {
            shared: Arc::clone(&shared),
        };
        std::thread::Builder::new()
            .name("skillgate-proxy".to_owned())
            .spawn(move || accept(&listener, &shared))?;
        Ok(proxy)
    }

    /// Everything that was asked for: effect, whether it was granted, how often.
    pub(crate) fn asked(&self) -> Vec<(Effect, bool, u64)> {
        let asked = self
            .shared
            .asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let effect = |place: &Destination| Effect::on(EffectKind::NetworkConnect, place.text());
        asked
            .iter()
            .map(|((place, granted), count)| (effect(place), *granted, *count))
            .collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    while !shared.over.load(Ordering::Relaxed) {
        let mut polled = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
        if poll(&mut polled, PollTimeout::from(LOOK_MS)).is_err() {
            continue;
        }
        let Ok((client, _)) = listener.accept() else {
            continue;
        };
        if shared.connections.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS {
            shared.connections.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        let own = Arc::clone(shared);
        let serve = move || {
            // A client that breaks off has its answer.
            drop(serve(client, &own));
            own.connections.fetch_sub(1, Ordering::Relaxed);
        };
        let started = std::thread::Builder::new().spawn(serve);
        if started.is_err() {
            shared.connections.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// What a request wants: where to, and what is passed on of its head.
struct Request {
    place: Destination,
    head: Vec<u8>,
}

fn serve(mut client: TcpStream, shared: &Shared) -> io::Result<()> {
    client.set_nonblocking(false)?;
    client.set_read_timeout(Some(PATIENCE))?;
    client.set_write_timeout(Some(PATIENCE))?;
    let (head, rest) = head(&mut client, shared)?;
    let Some(request) = request(&head) else {
        return refuse(&mut client, "400 Bad Request");
    };
    let server = connect(&request.place, shared);
    note(&request.place, server.is_ok(), shared);
    let mut server = match server {
        Ok(Some(server)) => server,
        Ok(None) => return refuse(&mut client, "502 Bad Gateway"),
        Err(Refused) => return refuse(&mut client, "403 Forbidden"),
    };
    server.set_read_timeout(Some(PATIENCE))?;
    server.set_write_timeout(Some(PATIENCE))?;
    if request.head.is_empty() {
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    } else {
        server.write_all(&request.head)?;
    }
    server.write_all(&rest)?;
    relay(client, server, shared)
}

fn refuse(client: &mut TcpStream, status: &str) -> io::Result<()> {
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    client.write_all(answer.as_bytes())
}

/// The head of the request, and what came after it.
fn head(client: &mut TcpStream, shared: &Shared) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let end = Instant::now() + PATIENCE;
    let mut read = Vec::new();
    loop {
        if let Some(at) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = read.split_off(at + 4);
            return Ok((read, rest));
        }
        if read.len() > HEAD_BYTES || Instant::now() > end || shared.over.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut buffer = [0; 4096];
        match client.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => read.extend_from_slice(buffer.get(..length).unwrap_or_default()),
        }
    }
}

/// `CONNECT host:port` with nothing to pass on, or a request in absolute form with a head for its server.
fn request(head: &[u8]) -> Option<Request> {
    let text = std::str::from_utf8(head).ok()?;
    let (line, headers) = text.split_once("\r\n")?;
    let mut words = line.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || !version.starts_with("HTTP/1.") {
        return None;
    }
    if method == "CONNECT" {
        return Some(Request {
            place: Destination::parse(target)?,
            head: Vec::new(),
        });
    }
    let rest = target.strip_prefix("http://")?;
    let (host, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    let place = Destination::parse(host).or_else(|| Destination::parse(&format!("{host}:80")))?;
    let mut passed = format!("{method} {path} {version}\r\nConnection: close\r\n");
    for header in headers.split("\r\n").filter(|header| !header.is_empty()) {
        let name = header.split(':').next()?.to_ascii_lowercase();
        if !name.starts_with("proxy-") && name != "connection" {
            passed.push_str(header);
            passed.push_str("\r\n");
        }
    }
    passed.push_str("\r\n");
    Some(Request {
        place,
        head: passed.into_bytes(),
    })
}

/// The destination was not granted.
struct Refused;

/// A connection to what was granted; `None` when the way there is broken.
fn connect(place: &Destination, shared: &Shared) -> Result<Option<TcpStream>, Refused> {
    if !shared.granted.contains(place) {
        return Err(Refused);
    }
    let Ok(found) = (place.host.as_str(), place.port).to_socket_addrs() else {
        return Ok(None);
    };
    // A name may lead anywhere tomorrow, so that an address of the own network must be granted as such.
    let named = |address: &SocketAddr| {
        let literal =
            |one: &Destination| one.port == place.port && one.host.parse() == Ok(address.ip());
        shared.granted.iter().any(literal)
    };
    let mut private = false;
    for address in found {
        if is_private(address.ip()) && !named(&address) {
            private = true;
            continue;
        }
        if let Ok(server) = TcpStream::connect_timeout(&address, PATIENCE) {
            return Ok(Some(server));
        }
    }
    if private { Err(Refused) } else { Ok(None) }
}

fn note(place: &Destination, granted: bool, shared: &Shared) {
    let mut asked = shared.asked.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (place.clone(), granted);
    if asked.len() < DESTINATIONS || asked.contains_key(&key) {
        *asked.entry(key).or_insert(0) += 1;
    }
}

/// Passes bytes both ways until one side ends, falls silent, or the run is over.
fn relay(client: TcpStream, server: TcpStream, shared: &Shared) -> io::Result<()> {
    let (mut client, mut server) = (client, server);
    let mut passed = 0_u64;
    let mut last = Instant::now();
    let mut buffer = vec![0; 64 << 10];
    while !shared.over.load(Ordering::Relaxed) && passed < PASSED_BYTES && last.elapsed() < PATIENCE
    {
        let ready = {
            let mut polled = [
                PollFd::new(client.as_fd(), PollFlags::POLLIN),
                PollFd::new(server.as_fd(), PollFlags::POLLIN),
            ];
            poll(&mut polled, PollTimeout::from(LOOK_MS))?;
            polled.map(|fd| fd.revents().is_some_and(|events| !events.is_empty()))
        };
        let [from_client, from_server] = ready;
        let mut length = None;
        if from_client {
            length = Some(pass(&mut client, &mut server, &mut buffer)?);
        }
        if from_server && length != Some(0) {
            length = Some(pass(&mut server, &mut client, &mut buffer)?);
        }
        match length {
            Some(0) => return Ok(()),
            Some(length) => {
                passed += length;
                last = Instant::now();
            }
            None => {}
        }
    }
    Ok(())
}

/// Passes on what can be read now; zero is the end.
fn pass(from: &mut TcpStream, to: &mut TcpStream, buffer: &mut [u8]) -> io::Result<u64> {
    let length = from.read(buffer)?;
    to.write_all(buffer.get(..length).unwrap_or_default())?;
    Ok(length as u64)
}

/// Addresses that lead to this machine, its network, its cloud's services, or to nobody in particular.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => is_private_v6(ip),
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    // RFC 6890: this network, shared, protocol assignments, benchmarking, reserved.
    let special = a == 0
        || a == 100 && (64..128).contains(&b)
        || (a, b, c) == (192, 0, 0)
        || a == 198 && (b == 18 || b == 19)
        || a >= 240;
    special
        || ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    let inner = match ip.segments() {
        // Mapped, compatible, NAT64 and 6to4 addresses lead to an IPv4 address.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some((high, low))
        }
        [0x2002, high, low, ..] => Some((high, low)),
        _ => None,
    };
    let inner = inner.map(|(high, low)| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    });
    inner.is_some_and(is_private_v4)
        || ip.is_loopback()
        || ip.is_unspecified()
        || ip.is_multicast()
        || first & 0xfe00 == 0xfc00
        || first & 0xffc0 == 0xfe80
        || first & 0xffc0 == 0xfec0
        || (first, second) == (0x2001, 0)
        || (first, second) == (0x2001, 0xdb8)
}

#[cfg(test)]
mod tests;

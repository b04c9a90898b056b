//! What the hostile programs look for on the host, placed there for real, and where they would leave their marks.

use std::fs;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use nix::sys::socket::{getsockopt, sockopt};

use crate::outside;

const FOLDER: &str = "/tmp/skillgate-canary";
const SECRET: &str = "canary";
/// Where `files/host.py` tries to write.
const MARKS: [&str; 12] = [
    "", "/etc", "/usr/bin", "/usr/lib", "/root", "/var/tmp", "/var/lib", "/opt", "/run", "/home",
    "/tmp", "/dev/shm",
];

/// A secret, a socket file, an abstract socket, a service, shared memory.
///
/// Parts of the suite run beside one another as different users; the first who comes places them for all.
pub(crate) struct Canary {
    reached: Arc<AtomicBool>,
    end: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
    shared_before: Vec<String>,
}

impl Canary {
    pub(crate) fn place() -> Self {
        let (reached, end) = (Arc::default(), Arc::default());
        let name = SocketAddr::from_abstract_name("skillgate-canary").unwrap();
        let first = UnixListener::bind_addr(&name).ok();
        let listening = first.map(|socket| listen(socket, Arc::clone(&reached), Arc::clone(&end)));
        Self {
            reached,
            end,
            listening,
            shared_before: shared(),
        }
    }

    /// Nobody came in, nothing changed, nothing was written anywhere.
    pub(crate) fn is_untouched(&self) {
        assert!(
            !self.reached.load(Ordering::Relaxed),
            "somebody inside reached a socket of the host"
        );
        for folder in MARKS {
            let mark = format!("{folder}/skillgate-escaped");
            assert!(!Path::new(&mark).exists(), "{mark}");
        }
        assert_eq!(
            self.shared_before,
            shared(),
            "shared memory was left behind"
        );
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        if let Some(listening) = self.listening.take() {
            drop(listening.join());
            drop(fs::remove_dir_all(FOLDER));
            drop(fs::remove_file("/dev/shm/skillgate-canary"));
        }
    }
}

/// Places the rest, and notes whoever comes in anywhere.
fn listen(socket: UnixListener, reached: Arc<AtomicBool>, end: Arc<AtomicBool>) -> JoinHandle<()> {
    drop(fs::remove_dir_all(FOLDER));
    fs::create_dir(FOLDER).unwrap();
    fs::write(format!("{FOLDER}/secret"), SECRET).unwrap();
    fs::write("/dev/shm/skillgate-canary", SECRET).unwrap();
    let file = UnixListener::bind(format!("{FOLDER}/socket")).unwrap();
    let service = TcpListener::bind("127.0.0.1:47113").unwrap();
    for path in [FOLDER.to_owned(), format!("{FOLDER}/socket")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    }
    socket.set_nonblocking(true).unwrap();
    file.set_nonblocking(true).unwrap();
    service.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        while !end.load(Ordering::Relaxed) {
            let somebody = [&socket, &file].into_iter().any(comes_from_a_jail);
            if somebody || service.accept().is_ok() {
                reached.store(true, Ordering::Relaxed);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    })
}

/// The nested tier cannot keep its payload from socket files, and says so.
fn comes_from_a_jail(socket: &UnixListener) -> bool {
    let Ok((stream, _)) = socket.accept() else {
        return false;
    };
    let peer = getsockopt(&stream, sockopt::PeerCredentials).unwrap();
    peer.uid() != outside::WITHOUT_NAMESPACES
}

/// Shared memory segments without a name or with ours; the machine has others of its own.
fn shared() -> Vec<String> {
    let text = fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
    let ours = ["0", "1936418663"];
    let words = text
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    words
        .filter(|words| words.first().is_some_and(|key| ours.contains(key)))
        .map(|words| words.join(" "))
        .collect()
}

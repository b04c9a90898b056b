//! What supervisor, launcher and init say to each other.

use std::io::{self, IoSlice, IoSliceMut, Read, Seek, Write};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};

use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use serde::{Deserialize, Serialize};
use skillgate_model::{FileChange, Limits, Tier};

use crate::proxy::Destination;
use crate::sys;

/// The first argument that makes this executable the launcher.
pub(crate) const LAUNCHER: &str = "skillgate-sandbox-init";
/// Where the payload starts.
pub(crate) const WORK: &str = "/work";
/// Where the payload lives.
pub(crate) const HOME: &str = "/home/agent";
/// Where the skill lies.
pub(crate) const SKILL: &str = "/skill";
/// The payload's descriptor for talking to the supervisor.
pub(crate) const CHANNEL: RawFd = 3;
/// Descriptors the policy knows by number; the payload cannot make them, its limit is lower.
pub(crate) const CONTROL: RawFd = 1022;
pub(crate) const PROGRAM: RawFd = 1023;
/// The payload's limit on open descriptors.
pub(crate) const DESCRIPTORS: u64 = 256;

/// The name of the machine inside.
pub(crate) const HOSTNAME: &str = "sandbox";

/// Files below these paths may be written by the payload.
pub(crate) const WRITABLE: [&str; 4] = [WORK, "/tmp", HOME, "/dev/shm"];

/// A file that lies in the jail when the payload starts; its bytes follow the specification.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Planted {
    pub(crate) path: String,
    pub(crate) length: usize,
}

/// One run, as the supervisor orders it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Spec {
    pub(crate) tier: Tier,
    /// The folder that stands for the root; empty where there is a root of its own.
    pub(crate) top: String,
    /// Whether the supervisor is root, so that the payload becomes somebody else.
    pub(crate) privileged: bool,
    /// Host paths that are visible, read-only, under the same name.
    pub(crate) visible: Vec<String>,
    /// Symbolic links of the root.
    pub(crate) links: Vec<(String, String)>,
    /// Programs that may be executed.
    pub(crate) programs: Vec<String>,
    pub(crate) planted: Vec<Planted>,
    pub(crate) argv: Vec<String>,
    pub(crate) env: Vec<String>,
    pub(crate) limits: Limits,
    pub(crate) observed: bool,
    /// Whether any program besides the interpreter was granted.
    pub(crate) executable: bool,
    /// The name of the machine inside, where it can be given one.
    pub(crate) hostname: Option<String>,
    /// Whether the date is another one.
    pub(crate) elsewhere: bool,
    /// Where the supervisor's proxy may connect to; without any there is no proxy.
    pub(crate) network: Vec<Destination>,
}

impl Spec {
    /// Where a path of the jail really lies.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.top)
    }

    /// What the planted files take in memory, in whole pages.
    pub(crate) fn planted_bytes(&self) -> usize {
        let files = self.planted.iter();
        files.map(|file| file.length.next_multiple_of(4096)).sum()
    }
}

/// What launcher, init and payload report.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Report {
    /// The init of the new process namespace, in the supervisor's numbering; a pidfd comes along.
    Started { init: i32 },
    /// The way to the supervisor's proxy is open; its listener comes along.
    Door,
    /// The payload is about to start; the descriptor that announces its calls comes along if it is observed.
    Ready { landlock: bool },
    /// Setting up failed, so nothing ran.
    Failed { step: String, error: String },
    /// The payload ended.
    Ended {
        code: Option<i32>,
        signal: Option<i32>,
        cpu_ms: u64,
        /// Processes killed for memory, where process 1 counts them.
        #[serde(default)]
        oom_kills: u64,
    },
    /// Nothing of the run is left, and the launcher waits for the next.
    Idle,
    /// Some of what it left behind.
    Files { files: Vec<FileChange> },
}

/// Packs a specification and the planted bytes into a file in memory.
pub(crate) fn pack(spec: &Spec, contents: &[&[u8]]) -> io::Result<OwnedFd> {
    let mut file = std::fs::File::from(sys::memory_file(c"skillgate-spec")?);
    let head = serde_json::to_vec(spec)?;
    file.write_all(&(head.len() as u64).to_le_bytes())?;
    file.write_all(&head)?;
    for bytes in contents {
        file.write_all(bytes)?;
    }
    file.rewind()?;
    Ok(file.into())
}

/// Reads what [`pack`] wrote; the reader is left at the first planted byte.
pub(crate) fn unpack(file: &mut impl Read) -> io::Result<Spec> {
    let mut length = [0; 8];
    file.read_exact(&mut length)?;
    let mut head = vec![0; usize::try_from(u64::from_le_bytes(length)).map_err(io::Error::other)?];
    file.read_exact(&mut head)?;
    Ok(serde_json::from_slice(&head)?)
}

/// Sends one packet, with descriptors.
pub(crate) fn send(socket: BorrowedFd<'_>, packet: &[u8], fds: &[RawFd]) -> io::Result<()> {
    let control = [ControlMessage::ScmRights(fds)];
    let control = if fds.is_empty() {
        &[][..]
    } else {
        &control[..]
    };
    sendmsg::<()>(
        socket.as_raw_fd(),
        &[IoSlice::new(packet)],
        control,
        MsgFlags::MSG_NOSIGNAL,
        None,
    )?;
    Ok(())
}

/// Sends one report, with descriptors.
pub(crate) fn report(socket: BorrowedFd<'_>, report: &Report, fds: &[RawFd]) -> io::Result<()> {
    send(socket, &serde_json::to_vec(report)?, fds)
}

/// Receives one packet and its descriptors; an empty packet is the end.
pub(crate) fn receive(socket: BorrowedFd<'_>) -> io::Result<(Vec<u8>, Vec<OwnedFd>)> {
    let mut buffer = vec![0; 64 << 10];
    let mut space = nix::cmsg_space!([RawFd; 4]);
    let (length, fds) = {
        let mut parts = [IoSliceMut::new(&mut buffer)];
        let flags = MsgFlags::MSG_CMSG_CLOEXEC;
        let message = recvmsg::<()>(socket.as_raw_fd(), &mut parts, Some(&mut space), flags)?;
        let fds: Vec<OwnedFd> = message
            .cmsgs()?
            .filter_map(|message| match message {
                ControlMessageOwned::ScmRights(fds) => Some(fds),
                _ => None,
            })
            .flatten()
            .map(sys::adopt)
            .collect();
        (message.bytes, fds)
    };
    buffer.truncate(length);
    Ok((buffer, fds))
}

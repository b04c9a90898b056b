//! The payload's file tree: an empty root in memory, the interpreter's files, the skill, a work directory.

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, symlink};
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};

use super::spec::{HOME, SKILL, Spec, WORK, WRITABLE};
use crate::sys;

/// The new root is put together at the first of these, above whatever the host has there.
const STAGES: [&str; 4] = ["/tmp", "/var/tmp", "/run", "/mnt"];
pub(crate) const DEVICES: [&str; 5] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
];

/// What the payload reads of the machine; nothing of it is the host's.
pub(crate) const ETC: [(&str, &str); 6] = [
    (
        "/etc/passwd",
        "root:x:0:0:root:/:/bin/false\nagent:x:1000:1000:agent:/home/agent:/bin/false\n",
    ),
    ("/etc/group", "root:x:0:\nagent:x:1000:\n"),
    ("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n"),
    (
        "/etc/resolv.conf",
        "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
    ),
    (
        "/etc/nsswitch.conf",
        "passwd: files\ngroup: files\nhosts: files dns\n",
    ),
    ("/etc/hostname", "sandbox\n"),
];

/// Builds the tree and makes it the root; `bytes` holds the planted files. Where `/proc` is refused there is none.
pub(crate) fn build(spec: &Spec, bytes: &mut impl Read, owner: u32) -> io::Result<()> {
    // Opened before the stage hides what lies beneath it.
    let visible = open_all(&spec.visible)?;
    let devices = open_all(&DEVICES.map(String::from))?;
    let none = None::<&str>;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)?;
    // Each file, each mount point, and every folder above them.
    let planted = spec.planted.iter().map(|file| &file.path);
    let nodes = 256
        + planted
            .chain(&spec.visible)
            .map(|path| 1 + path.matches('/').count())
            .sum::<usize>();
    let stage = STAGES
        .into_iter()
        .find(|path| Path::new(path).is_dir())
        .ok_or(io::ErrorKind::NotFound)?;
    let size = spec.planted_bytes() + (8 << 20);
    memory(stage, size, nodes, MsFlags::empty(), 0o755)?;
    std::env::set_current_dir(stage)?;

    // An interpreter may lie below `/tmp`, so its mounts come on top.
    directories(spec, owner)?;
    for (path, fd) in visible.iter().chain(&devices) {
        bind(path, fd)?;
    }
    for (link, target) in &spec.links {
        let link = inside(link);
        parent(&link)?;
        symlink(target, &link)?;
    }
    for (path, text) in ETC {
        let own = spec.hostname.as_deref();
        match own.filter(|_| path == "/etc/hostname") {
            Some(name) => write(path, format!("{name}\n").as_bytes(), 0o444)?,
            None => write(path, text.as_bytes(), 0o444)?,
        }
    }
    for (name, target) in [
        ("fd", ""),
        ("stdin", "/0"),
        ("stdout", "/1"),
        ("stderr", "/2"),
    ] {
        symlink(
            format!("/proc/self/fd{target}"),
            inside(&format!("/dev/{name}")),
        )?;
    }
    for file in &spec.planted {
        let mut content = vec![0; file.length];
        bytes.read_exact(&mut content)?;
        plant(&file.path, &content, owner)?;
    }
    process_files();
    sys::pivot_here()?;
    umount2(".", MntFlags::MNT_DETACH)?;
    std::env::set_current_dir("/")?;
    let sealed = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
    let harmless = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    Ok(mount(none, "/", none, sealed | harmless, none)?)
}

fn open_all(paths: &[String]) -> io::Result<Vec<(String, OwnedFd)>> {
    let open = |path: &String| {
        let file = File::options()
            .read(true)
            .custom_flags(libc::O_PATH | libc::O_CLOEXEC)
            .open(path);
        file.map(|file| (path.clone(), file.into()))
            .map_err(|error| named(error, path))
    };
    paths.iter().map(open).collect()
}

fn named(error: io::Error, path: &str) -> io::Error {
    io::Error::new(error.kind(), format!("{path}: {error}"))
}

/// The path relative to the stage, where the working directory is.
fn inside(path: &str) -> String {
    path.trim_start_matches('/').to_owned()
}

fn parent(path: &str) -> io::Result<()> {
    match Path::new(path).parent() {
        Some(parent) if parent != Path::new("") => directory(parent),
        _ => Ok(()),
    }
}

fn directory(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(path)
}

fn write(path: &str, content: &[u8], mode: u32) -> io::Result<()> {
    let path = inside(path);
    parent(&path)?;
    let mut options = File::options();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&path)?;
    io::Write::write_all(&mut file, content)
}

/// Skill files belong to nobody the payload is; what lies in its own directories belongs to it.
fn plant(path: &str, content: &[u8], owner: u32) -> io::Result<()> {
    let own = WRITABLE
        .into_iter()
        .find(|top| Path::new(path).starts_with(top));
    let mode = if own.is_some() { 0o600 } else { 0o444 };
    write(path, content, mode).map_err(|error| named(error, path))?;
    let Some(top) = own else { return Ok(()) };
    for node in Path::new(path)
        .ancestors()
        .take_while(|node| *node != Path::new(top))
    {
        std::os::unix::fs::lchown(inside(&node.to_string_lossy()), Some(owner), Some(owner))?;
    }
    Ok(())
}

fn memory(target: &str, size: usize, nodes: usize, flags: MsFlags, mode: u32) -> io::Result<()> {
    let options = format!("size={size},nr_inodes={nodes},mode={mode:o}");
    let flags = flags | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    Ok(mount(
        Some("tmpfs"),
        target,
        Some("tmpfs"),
        flags,
        Some(options.as_str()),
    )?)
}

fn bind(path: &str, source: &OwnedFd) -> io::Result<()> {
    let target = inside(path);
    let source = format!("/proc/self/fd/{}", source.as_raw_fd());
    if fs::metadata(&source)?.is_dir() {
        directory(Path::new(&target))?;
    } else {
        parent(&target)?;
        File::create(&target)?;
    }
    let none = None::<&str>;
    let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
    mount(Some(source.as_str()), target.as_str(), none, flags, none)
        .map_err(|error| named(error.into(), path))?;
    let mut attributes = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID;
    if !path.starts_with("/dev/") {
        attributes |= libc::MOUNT_ATTR_NODEV;
    } else {
        // A device must stay writable; its mount keeps the node and nothing else.
        attributes = libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOEXEC;
    }
    let target = CString::new(target)?;
    sys::seal_mounts(&target, attributes).map_err(|error| named(error, path))
}

/// One memory file system, bounded in bytes and files, shows up as work directory, home and `/tmp`.
fn directories(spec: &Spec, owner: u32) -> io::Result<()> {
    let limits = &spec.limits;
    let bytes = usize::try_from(limits.work_bytes).unwrap_or(usize::MAX);
    let no_exec = MsFlags::MS_NOEXEC;
    for path in [
        ".writable",
        &inside(WORK),
        &inside(HOME),
        "tmp",
        "proc",
        "dev/shm",
        &inside(SKILL),
    ] {
        directory(Path::new(path))?;
    }
    memory(
        ".writable",
        bytes,
        limits.work_inodes as usize,
        no_exec,
        0o755,
    )?;
    for (part, target) in [
        ("work", inside(WORK)),
        ("home", inside(HOME)),
        ("tmp", "tmp".to_owned()),
    ] {
        let source = format!(".writable/{part}");
        fs::create_dir(&source)?;
        std::os::unix::fs::chown(&source, Some(owner), Some(owner))?;
        let none = None::<&str>;
        mount(
            Some(source.as_str()),
            target.as_str(),
            none,
            MsFlags::MS_BIND,
            none,
        )?;
    }
    umount2(".writable", MntFlags::MNT_DETACH)?;
    memory("dev/shm", bytes / 4, 256, no_exec, 0o1777)
}

/// A fresh view of the own processes; refused in containers that mask parts of theirs, and missed by few programs.
fn process_files() {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    let options = Some("subset=pid,hidepid=invisible");
    let _refused = mount(Some("proc"), "proc", Some("proc"), flags, options);
}

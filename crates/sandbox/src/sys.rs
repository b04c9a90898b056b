//! The system calls that need `unsafe`, each behind a safe function; nothing else in the workspace has any.
#![expect(
    unsafe_code,
    reason = "namespaces, seccomp and Landlock have no safe interface in the standard library"
)]

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use libc::{c_int, c_long, c_ulong, pid_t};

/// One notification of a system call that waits for an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Notification {
    pub(crate) id: u64,
    pub(crate) pid: pid_t,
    pub(crate) number: i64,
    pub(crate) arguments: [u64; 6],
}

fn check(result: c_long) -> io::Result<c_long> {
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}

fn owned(result: c_long) -> io::Result<OwnedFd> {
    let fd = check(result)?;
    // SAFETY: the kernel has just returned this descriptor, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) })
}

/// Forks with `flags`; returns `None` in the child. The caller must have one thread only.
pub(crate) fn clone(flags: c_int) -> io::Result<Option<pid_t>> {
    let flags = c_long::from(flags | libc::SIGCHLD);
    // SAFETY: without CLONE_VM and without a stack this is fork(2); no memory is shared.
    let pid = check(unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) })?;
    Ok((pid != 0).then_some(pid as pid_t))
}

/// Ends the process at once, without running anything of the runtime.
pub(crate) fn exit_now(status: c_int) -> ! {
    // SAFETY: _exit(2) reads no memory.
    unsafe { libc::_exit(status) }
}

/// `prctl` with plain numbers.
pub(crate) fn prctl(option: c_int, argument: c_ulong) -> io::Result<()> {
    // SAFETY: the options used take numbers, no pointers.
    check(c_long::from(unsafe {
        libc::prctl(option, argument, 0, 0, 0)
    }))
    .map(drop)
}

/// Asks for SIGKILL when the parent dies; `setresuid` clears it, so it is called again after that.
pub(crate) fn die_with_parent() -> io::Result<()> {
    prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as c_ulong)
}

/// Lets no program executed from here on gain a capability; needs those of the namespace itself.
pub(crate) fn bound_capabilities() -> io::Result<()> {
    for capability in 0..64 {
        match prctl(libc::PR_CAPBSET_DROP, capability) {
            Ok(()) => {}
            // The first number that the kernel does not know ends the list.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Gives up every capability of this process.
pub(crate) fn drop_capabilities() -> io::Result<()> {
    prctl(
        libc::PR_CAP_AMBIENT,
        libc::PR_CAP_AMBIENT_CLEAR_ALL as c_ulong,
    )?;
    let header = [0x2008_0522_u32, 0];
    let none = [0_u32; 6];
    // SAFETY: version 3 reads a header of 8 bytes and two sets of 12 bytes, which both arrays are.
    check(unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), none.as_ptr()) }).map(drop)
}

/// Forgets the supplementary groups.
pub(crate) fn clear_groups() -> io::Result<()> {
    // SAFETY: a length of zero reads no memory.
    check(c_long::from(unsafe {
        libc::setgroups(0, std::ptr::null())
    }))
    .map(drop)
}

/// Becomes user and group `id`, also in the saved sets.
pub(crate) fn become_user(id: u32) -> io::Result<()> {
    // SAFETY: plain numbers; the raw call changes this thread, and there is one only.
    check(unsafe { libc::syscall(libc::SYS_setresgid, id, id, id) })?;
    // SAFETY: as above.
    check(unsafe { libc::syscall(libc::SYS_setresuid, id, id, id) }).map(drop)
}

/// Sets both limits of a resource to `value`.
pub(crate) fn limit(resource: u32, soft: u64, hard: u64) -> io::Result<()> {
    let value = libc::rlimit {
        rlim_cur: soft,
        rlim_max: hard,
    };
    // SAFETY: `value` lives through the call.
    check(c_long::from(unsafe {
        libc::setrlimit(resource as _, &value)
    }))
    .map(drop)
}

/// Makes everything below `path` read-only, without set-uid bits and devices, submounts included.
pub(crate) fn seal_mounts(path: &CStr, attributes: u64) -> io::Result<()> {
    let attributes = [attributes, 0, 0, 0];
    // SAFETY: `mount_attr` is four u64, and `path` ends with NUL.
    check(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            libc::AT_RECURSIVE,
            attributes.as_ptr(),
            size_of_val(&attributes),
        )
    })
    .map(drop)
}

/// Moves the root to the working directory and stacks the old one beneath it.
pub(crate) fn pivot_here() -> io::Result<()> {
    let here = c".";
    // SAFETY: both arguments end with NUL.
    check(unsafe { libc::syscall(libc::SYS_pivot_root, here.as_ptr(), here.as_ptr()) }).map(drop)
}

/// An anonymous file in memory.
pub(crate) fn memory_file(name: &CStr) -> io::Result<OwnedFd> {
    // SAFETY: `name` ends with NUL.
    owned(unsafe { libc::syscall(libc::SYS_memfd_create, name.as_ptr(), libc::MFD_CLOEXEC) })
}

/// A descriptor that stands for a process.
pub(crate) fn pidfd(pid: pid_t) -> io::Result<OwnedFd> {
    // SAFETY: plain numbers.
    owned(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })
}

/// Kills the process behind a pidfd; an error means that it is gone already.
pub(crate) fn kill_pidfd(pidfd: BorrowedFd<'_>) {
    let none = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: a null siginfo is allowed and means a plain kill.
    let _gone = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            libc::SIGKILL,
            none,
            0,
        )
    };
}

/// A copy of another process's descriptor, on the same open file.
pub(crate) fn borrow_from(pidfd: BorrowedFd<'_>, number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: plain numbers.
    owned(unsafe { libc::syscall(libc::SYS_pidfd_getfd, pidfd.as_raw_fd(), number, 0) })
}

/// Locks or unlocks an open file, never waiting.
pub(crate) fn lock(file: BorrowedFd<'_>, operation: c_int) -> io::Result<()> {
    // SAFETY: plain numbers.
    check(c_long::from(unsafe {
        libc::flock(file.as_raw_fd(), operation | libc::LOCK_NB)
    }))
    .map(drop)
}

/// Duplicates onto a fixed number; `inherit` says whether it survives an exec.
pub(crate) fn duplicate_to(fd: BorrowedFd<'_>, number: RawFd, inherit: bool) -> io::Result<()> {
    if fd.as_raw_fd() == number {
        let flags = if inherit { 0 } else { libc::FD_CLOEXEC };
        // SAFETY: plain numbers.
        return check(c_long::from(unsafe {
            libc::fcntl(number, libc::F_SETFD, flags)
        }))
        .map(drop);
    }
    let flags = if inherit { 0 } else { libc::O_CLOEXEC };
    // SAFETY: plain numbers; whatever was open at `number` is meant to be closed.
    check(c_long::from(unsafe {
        libc::dup3(fd.as_raw_fd(), number, flags)
    }))
    .map(drop)
}

/// Marks every descriptor from `first` on to be closed at exec.
pub(crate) fn close_on_exec_from(first: u32) -> io::Result<()> {
    // SAFETY: plain numbers.
    check(unsafe {
        libc::syscall(
            libc::SYS_close_range,
            first,
            u32::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    })
    .map(drop)
}

/// Executes the program behind a descriptor; returns only when that fails.
pub(crate) fn execute(program: RawFd, argv: &[CString], envp: &[CString]) -> io::Error {
    let pointers = |list: &[CString]| -> Vec<*const libc::c_char> {
        list.iter()
            .map(|text| text.as_ptr())
            .chain([std::ptr::null()])
            .collect()
    };
    let (argv, envp) = (pointers(argv), pointers(envp));
    // SAFETY: both lists end with a null pointer, and their strings live through the call.
    unsafe {
        libc::syscall(
            libc::SYS_execveat,
            program,
            c"".as_ptr(),
            argv.as_ptr(),
            envp.as_ptr(),
            libc::AT_EMPTY_PATH,
        )
    };
    io::Error::last_os_error()
}

/// Default action for every signal and an empty mask, as a fresh program expects.
pub(crate) fn reset_signals() {
    for signal in 1..32 {
        // SAFETY: SIG_DFL runs no code of ours; the two signals that refuse it need no reset.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    let _always_allowed = nix::sys::signal::SigSet::empty().thread_set_mask();
}

/// Whether this kernel can observe system calls for another process.
pub(crate) fn can_notify() -> bool {
    let action = libc::SECCOMP_RET_USER_NOTIF;
    // SAFETY: the kernel reads four bytes from a live variable.
    unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_GET_ACTION_AVAIL,
            0,
            &raw const action,
        ) == 0
    }
}

/// Installs a filter; with `listen`, returns the descriptor on which calls are announced.
pub(crate) fn install_filter(
    program: &[libc::sock_filter],
    listen: bool,
) -> io::Result<Option<OwnedFd>> {
    let program = libc::sock_fprog {
        len: u16::try_from(program.len()).map_err(|_| io::ErrorKind::InvalidInput)?,
        filter: program.as_ptr().cast_mut(),
    };
    let flags = if listen {
        libc::SECCOMP_FILTER_FLAG_NEW_LISTENER
    } else {
        0
    };
    // SAFETY: `program` points to `len` instructions that live through the call; the kernel copies them.
    let result = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            flags,
            &raw const program,
        )
    };
    if listen {
        return owned(result).map(Some);
    }
    check(result).map(|_| None)
}

/// Takes the next announced call.
pub(crate) fn next_notification(listener: BorrowedFd<'_>) -> io::Result<Notification> {
    // SAFETY: an all-zero `seccomp_notif` is valid, and the kernel insists on it.
    let mut raw: libc::seccomp_notif = unsafe { std::mem::zeroed() };
    let request = ioctl_number(0, size_of::<libc::seccomp_notif>());
    // SAFETY: the kernel writes one `seccomp_notif` into a live variable of that size.
    check(c_long::from(unsafe {
        libc::ioctl(listener.as_raw_fd(), request as _, &raw mut raw)
    }))?;
    Ok(Notification {
        id: raw.id,
        pid: raw.pid as pid_t,
        number: i64::from(raw.data.nr),
        arguments: raw.data.args,
    })
}

/// Answers a call: `None` lets the kernel perform it, an error number refuses it, `Some(0)` pretends success.
pub(crate) fn answer(listener: BorrowedFd<'_>, id: u64, error: Option<c_int>) {
    let flags = if error.is_none() {
        libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32
    } else {
        0
    };
    let response = libc::seccomp_notif_resp {
        id,
        val: 0,
        error: -error.unwrap_or(0),
        flags,
    };
    let request = ioctl_number(1, size_of::<libc::seccomp_notif_resp>());
    // SAFETY: the kernel reads one `seccomp_notif_resp`; an error means the caller died meanwhile.
    let _caller_may_be_gone =
        unsafe { libc::ioctl(listener.as_raw_fd(), request as _, &raw const response) };
}

/// Answers a call with a value, as if the kernel had performed it.
pub(crate) fn answer_value(listener: BorrowedFd<'_>, id: u64, value: i64) {
    let response = libc::seccomp_notif_resp {
        id,
        val: value,
        error: 0,
        flags: 0,
    };
    let request = ioctl_number(1, size_of::<libc::seccomp_notif_resp>());
    // SAFETY: the kernel reads one `seccomp_notif_resp`; an error means the caller died meanwhile.
    let _caller_may_be_gone =
        unsafe { libc::ioctl(listener.as_raw_fd(), request as _, &raw const response) };
}

/// Whether the announced caller still waits, so that what was read from it is its own.
pub(crate) fn still_waits(listener: BorrowedFd<'_>, id: u64) -> bool {
    // SECCOMP_IOCTL_NOTIF_ID_VALID is _IOW('!', 2, u64).
    let request: c_ulong = (1 << 30) | (8 << 16) | ((b'!' as c_ulong) << 8) | 2;
    // SAFETY: the kernel reads eight bytes from a live variable.
    unsafe { libc::ioctl(listener.as_raw_fd(), request as _, &raw const id) == 0 }
}

/// `_IOWR('!', number, size)`, the way the seccomp interface numbers its requests.
fn ioctl_number(number: c_ulong, size: usize) -> c_ulong {
    (3 << 30) | ((size as c_ulong) << 16) | ((b'!' as c_ulong) << 8) | number
}

/// Reads another process's memory; fewer bytes where the range ends early.
pub(crate) fn read_memory(pid: pid_t, address: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let local = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    let remote = libc::iovec {
        iov_base: address as *mut libc::c_void,
        iov_len: buffer.len(),
    };
    // SAFETY: the kernel writes at most `buffer.len()` bytes into `buffer` and checks the remote range itself.
    let read = unsafe { libc::process_vm_readv(pid, &raw const local, 1, &raw const remote, 1, 0) };
    check(read as c_long).map(|read| read as usize)
}

/// Writes another process's memory, where that process may write it itself.
pub(crate) fn write_memory(pid: pid_t, address: u64, bytes: &[u8]) -> io::Result<usize> {
    let local = libc::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    let remote = libc::iovec {
        iov_base: address as *mut libc::c_void,
        iov_len: bytes.len(),
    };
    // SAFETY: the kernel only reads from `bytes`, and checks the remote range itself.
    let written =
        unsafe { libc::process_vm_writev(pid, &raw const local, 1, &raw const remote, 1, 0) };
    check(written as c_long).map(|written| written as usize)
}

/// The Landlock version of this kernel; zero where there is none.
pub(crate) fn landlock_version() -> u32 {
    let none = std::ptr::null::<u8>();
    // SAFETY: with the version flag, a null pointer and a size of zero are what the kernel asks for.
    let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, none, 0, 1) };
    u32::try_from(version).unwrap_or(0)
}

/// A Landlock rule set that handles these rights: files, network, scopes.
pub(crate) fn landlock_ruleset(handled: [u64; 3], version: u32) -> io::Result<OwnedFd> {
    // The structure grew with the version: files, then network (4), then scopes (6).
    let size = match version {
        0..=3 => 8,
        4..=5 => 16,
        _ => 24,
    };
    // SAFETY: the kernel reads `size` bytes, which never exceed the array.
    owned(unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, handled.as_ptr(), size, 0) })
}

/// Allows `rights` beneath an opened path.
pub(crate) fn landlock_allow(
    ruleset: BorrowedFd<'_>,
    beneath: BorrowedFd<'_>,
    rights: u64,
) -> io::Result<()> {
    #[repr(C, packed)]
    struct PathBeneath {
        rights: u64,
        parent: c_int,
    }
    let rule = PathBeneath {
        rights,
        parent: beneath.as_raw_fd(),
    };
    // SAFETY: rule type 1 reads one packed structure of exactly this shape.
    check(unsafe {
        libc::syscall(
            libc::SYS_landlock_add_rule,
            ruleset.as_raw_fd(),
            1,
            &raw const rule,
            0,
        )
    })
    .map(drop)
}

/// Allows connecting to one TCP port.
pub(crate) fn landlock_allow_connect(ruleset: BorrowedFd<'_>, port: u16) -> io::Result<()> {
    // LANDLOCK_ACCESS_NET_CONNECT_TCP, and the port in the host's order.
    let rule = [2_u64, u64::from(port)];
    // SAFETY: rule type 2 reads one structure of two u64, which the array is.
    check(unsafe {
        libc::syscall(
            libc::SYS_landlock_add_rule,
            ruleset.as_raw_fd(),
            2,
            rule.as_ptr(),
            0,
        )
    })
    .map(drop)
}

/// Switches the loopback of the own network namespace on.
pub(crate) fn loopback_up() -> io::Result<()> {
    let flags = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC;
    // SAFETY: plain numbers.
    let socket = owned(c_long::from(unsafe {
        libc::socket(libc::AF_INET, flags, 0)
    }))?;
    // SAFETY: an all-zero `ifreq` is valid.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (place, byte) in request.ifr_name.iter_mut().zip(*b"lo") {
        *place = byte as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: the kernel reads one `ifreq` from a live variable.
    check(c_long::from(unsafe {
        libc::ioctl(
            socket.as_raw_fd(),
            libc::SIOCSIFFLAGS as _,
            &raw const request,
        )
    }))
    .map(drop)
}

/// Binds this process and its children to a rule set for ever.
pub(crate) fn landlock_restrict(ruleset: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: plain numbers.
    check(unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0) })
        .map(drop)
}

/// The length of one clock tick of `/proc/PID/stat`, milliseconds.
pub(crate) fn tick_ms() -> u64 {
    // SAFETY: sysconf(3) reads no memory of ours.
    let per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    1000 / u64::try_from(per_second).unwrap_or(100).max(1)
}

/// The length of one page of memory.
pub(crate) fn page_bytes() -> u64 {
    // SAFETY: sysconf(3) reads no memory of ours.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

/// A descriptor this process was started with; the caller must know that nobody else owns it.
pub(crate) fn adopt(fd: RawFd) -> OwnedFd {
    // SAFETY: used once at the start of the re-executed child, for descriptors its parent prepared.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

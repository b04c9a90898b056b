"""Process 1 of a jail that another program made: lays out the files, starts the payload, reaps, reports, ends everything.

It speaks to the supervisor over a socket of its own, as the native backend's init does. The payload runs as the same
user, but cannot signal process 1 of its own namespace, nor read one that is not dumpable.
"""

import ctypes
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
import time

CHANNEL, CONTROL, PROGRAM = 3, 1022, 1023
MOST_FILES, DEEPEST = 1024, 32
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER = 1, 8
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE, IOCTL_DEVICE = 1, 2, 4, 8, 1 << 14, 1 << 15
MAKE_CHARACTER, MAKE_BLOCK = 1 << 6, 1 << 11
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE
LANDLOCK_RULE_PATH_BENEATH, LANDLOCK_CREATE_RULESET_VERSION = 1, 1

libc = ctypes.CDLL(None, use_errno=True)
step = "start"


def now(name):
    global step
    step = name


def call(number, *arguments):
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    result = libc.syscall(ctypes.c_long(number), *words)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def report(control, message, fds=()):
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("%di" % len(fds), *fds))] if fds else []
    control.sendmsg([json.dumps(message).encode()], rights, socket.MSG_NOSIGNAL)


def receive(control):
    """The order and its four descriptors."""
    packet, fds, _, _ = socket.recv_fds(control, 1 << 20, 4)
    if not packet:
        sys.exit(0)
    return json.loads(packet), fds


def exactly(fd, count):
    data = b""
    while len(data) < count:
        part = os.read(fd, count - len(data))
        if not part:
            raise EOFError("the specification ends early")
        data += part
    return data


def plant(spec, source, writable):
    """The skill's files can be read, those in directories of its own written."""
    folders = set()
    for file in spec["planted"]:
        path, content = file["path"], exactly(source, file["length"])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        own = any(path.startswith(top + "/") for top in writable)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600 if own else 0o444)
        with os.fdopen(fd, "wb") as sink:
            sink.write(content)
        if not own:
            folders.add(os.path.dirname(path))
    # Those of the root were made with it.
    for link, target in spec["links"]:
        if not link.startswith("/skill/"):
            continue
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink(target, link)
        folders.add(os.path.dirname(link))
    for folder in list(folders):
        while folder.count("/") > 1:
            folders.add(folder)
            folder = os.path.dirname(folder)
        folders.add(folder)
    for folder in folders:
        try:
            os.chmod(folder, 0o555)
        except OSError:
            # A mount point that belongs to somebody else cannot be written either.
            pass


def landlock(rules):
    """File access by rule; `False` where the kernel has no Landlock."""
    try:
        version = call(444, None, 0, LANDLOCK_CREATE_RULESET_VERSION)
    except OSError:
        return False
    known = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)) - 1
    network, scopes = 3 if version >= 4 else 0, 3 if version >= 6 else 0
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = call(444, struct.pack("QQQ", known, network, scopes), size, 0)
    write = known & ~(EXECUTE | MAKE_CHARACTER | MAKE_BLOCK | IOCTL_DEVICE)
    groups = (("readable", READ_FILE | READ_DIR), ("writable", write), ("programs", READ_FILE | EXECUTE))
    for group, rights in groups:
        for path in rules[group]:
            try:
                fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            allowed = rights if os.path.isdir(path) else rights & ON_FILES
            call(445, ruleset, LANDLOCK_RULE_PATH_BENEATH, struct.pack("=Qi", allowed & known, fd), 0)
            os.close(fd)
    call(446, ruleset, 0)
    os.close(ruleset)
    return True


def install(order):
    """The filter, last of all; its listener where calls are observed."""
    code = bytes.fromhex(order["filter"])
    body = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(body))
    flags = SECCOMP_FILTER_FLAG_NEW_LISTENER if order["observed"] else 0
    return call(order["seccomp"], SECCOMP_SET_MODE_FILTER, flags, program)


def limit(spec, order):
    limits = spec["limits"]
    seconds = max(1, -(-limits["cpu-ms"] // 1000))
    space = limits["memory-bytes"] * 4 + (1 << 30)
    bounds = {
        "CPU": (seconds, seconds + 1), "AS": space, "DATA": space, "RSS": space, "FSIZE": limits["file-bytes"],
        "STACK": 8 << 20, "CORE": 0, "MEMLOCK": 0, "MSGQUEUE": 0, "RTPRIO": 0, "NICE": 0,
        "SIGPENDING": 256, "NOFILE": order["descriptors"],
    }
    for name, bound in bounds.items():
        resource.setrlimit(getattr(resource, "RLIMIT_" + name), bound if isinstance(bound, tuple) else (bound, bound))


def payload(spec, order, left, fds):
    """Gives everything up and becomes the program."""
    now("die with the init")
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGCHLD, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.setsid()
    now("be the first to go")
    libc.prctl(PR_SET_DUMPABLE, 1)
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        # A jail may show no files of processes; then the kernel chooses by size, and process 1 is small.
        pass
    _, channel, out, err = fds
    now("place the descriptors")
    os.dup2(left[0].fileno(), CONTROL, inheritable=False)
    program = spec["programs"][0] or os.path.realpath(sys.executable)
    os.dup2(os.open(program, os.O_PATH | os.O_CLOEXEC), PROGRAM, inheritable=False)
    null = os.open("/dev/null", os.O_RDONLY)
    for source, target in ((null, 0), (out, 1), (err, 2)):
        os.dup2(source, target)
    os.dup2(channel, CHANNEL)
    os.closerange(CHANNEL + 1, CONTROL)
    left.append(socket.socket(fileno=CONTROL))
    now("enter the work directory")
    os.chdir(order["work"])
    now("renounce new privileges")
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs")
    now("restrict the files")
    held = landlock(order["landlock"])
    now("limit resources")
    limit(spec, order)
    now("install the filter")
    ready = {"Ready": {"landlock": held}}
    listener = install(order)
    report(left[-1], ready, [listener] if order["observed"] else [])
    now("execute the program")
    os.execve(PROGRAM, spec["argv"], dict(word.split("=", 1) for word in spec["env"]))


def wait(child, control, deadline):
    """Until the payload has ended; the end of the supervisor or of the time is the end of everything."""
    wake, waker = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(wake, select.POLLIN)
    while True:
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == child:
                return status
            if not pid:
                break
        if killed_for_memory():
            # Whoever is left would wait for what the kernel has taken.
            os.kill(child, signal.SIGKILL)
            return os.waitpid(child, 0)[1]
        ready = dict(poll.poll(min(0.1, max(0, deadline - time.monotonic())) * 1000))
        if control.fileno() in ready or time.monotonic() >= deadline:
            os._exit(1)
        if wake in ready:
            os.read(wake, 4096)


def end_all():
    """Nobody but process 1 may say "everything": anywhere else that is the whole machine."""
    if os.getpid() == 1:
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            pass
    try:
        while True:
            os.waitpid(-1, 0)
    except ChildProcessError:
        pass


def killed_for_memory():
    for path in ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"):
        try:
            with open(path) as file:
                return sum(int(line.split()[1]) for line in file if line.split()[0] == "oom_kill")
        except OSError:
            continue
    return 0


def leftovers(top):
    """What lies in the work directory; never follows a link, never opens a file."""
    found, waiting = [], [(top, 0)]
    while waiting:
        folder, depth = waiting.pop()
        try:
            entries = os.scandir(folder)
        except OSError:
            continue
        for entry in entries:
            try:
                size = entry.stat(follow_symlinks=False).st_size
            except OSError:
                continue
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder and depth < DEEPEST:
                waiting.append((entry.path, depth + 1))
            is_file = entry.is_file(follow_symlinks=False)
            kind = "file" if is_file else "directory" if is_folder else "link" if entry.is_symlink() else "other"
            name = os.path.relpath(entry.path, top).encode("utf-8", "replace").decode()[:256]
            found.append({"path": name, "size": size, "kind": kind})
            if len(found) >= MOST_FILES:
                return sorted(found, key=lambda file: file["path"])
    return sorted(found, key=lambda file: file["path"])


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    libc.prctl(PR_SET_DUMPABLE, 0)
    if sys.argv[1] == "-":
        # The socket is inherited where the jail is made on this machine by a child of the supervisor.
        control = socket.socket(fileno=int(sys.argv[2]))
    else:
        control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        control.connect(sys.argv[1])
    try:
        now("read the order")
        order, fds = receive(control)
        if os.getpid() != 1:
            raise OSError("this is not process 1 of a namespace")
        length = int.from_bytes(exactly(fds[0], 8), "little")
        spec = json.loads(exactly(fds[0], length))
        now("lay out the files")
        plant(spec, fds[0], order["landlock"]["writable"])
        now("fork the payload")
        child = os.fork()
        if child == 0:
            left = [control]
            try:
                payload(spec, order, left, fds)
            except BaseException as error:
                report(left[-1], {"Failed": {"step": step, "error": str(error)}})
            os._exit(1)
        for fd in fds:
            os.close(fd)
        status = wait(child, control, time.monotonic() + order["seconds"])
        end_all()
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        files = leftovers(order["work"])
        for start in range(0, len(files), 64):
            report(control, {"Files": {"files": files[start:start + 64]}})
        report(control, {"Ended": {
            "code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
            "cpu_ms": int((usage.ru_utime + usage.ru_stime) * 1000),
            "oom_kills": killed_for_memory(),
        }})
        # What counts this jail's memory is looked at before it goes.
        select.select([control], [], [], 5)
    except BaseException as error:
        report(control, {"Failed": {"step": step, "error": str(error)}})


main()

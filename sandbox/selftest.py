"""What every sandbox must hold, tried for real; anything that gets through is printed."""

import ctypes
import os
import socket

libc = ctypes.CDLL(None)


def through(name, attempt, *arguments):
    try:
        attempt(*arguments)
    except OSError:
        return
    print("through:", name)


def forks():
    for _ in range(2000):
        if os.fork() == 0:
            os._exit(0)


def refused(result):
    if result == -1:
        raise OSError


through("the host's secrets", open, "/etc/shadow")
through("the skill's own files", open, __file__, "a")
through("the network", socket.create_connection, ("127.0.0.1", 80), 1)
through("listening", lambda: socket.socket().bind(("127.0.0.1", 8080)))
through("programs", os.execv, "/bin/sh", ["sh", "-c", "exit 7"])
through("the loader", os.execv, "/lib64/ld-linux-x86-64.so.2", ["ld"])
through("programs in memory", lambda: refused(libc.memfd_create(b"x", 0)))
through("new namespaces", lambda: refused(libc.unshare(0x10000000)))
through("tracing", lambda: refused(libc.ptrace(0, 0, 0, 0)))
through("processes without end", forks)
through("a file without end", lambda: os.truncate(os.open("big", os.O_CREAT | os.O_RDWR), 1 << 40))
print("ended")

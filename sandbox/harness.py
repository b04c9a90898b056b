"""Runs inside the sandbox: imports the skill's modules and makes the calls the supervisor asks for, one by one.

Nothing here is trusted by the supervisor: a result that does not come back is missing, expected values stay outside.
"""


def main():
    import builtins
    import os
    import sys
    import select
    from importlib import import_module
    from time import monotonic, process_time

    # The skill may patch modules; what is used here was taken before it ran.
    read, write, fork, waitpid, killpg = os.read, os.write, os.fork, os.waitpid, os.killpg
    pipe, close, leave, poll, evaluate = os.pipe, os.close, os._exit, select.poll, builtins.eval
    execute, build, setsid, frame = builtins.exec, builtins.compile, os.setsid, sys._getframe
    channel = 3
    skill, telling, folders = "/", [], ()
    events = []

    function_type = type(lambda: None)

    def encode(value):
        if value is None or value is True or value is False:
            return {None: "null", True: "true", False: "false"}[value]
        if type(value) is int:
            return "%d" % value
        if type(value) is str:
            out = []
            for char in value:
                code = ord(char)
                if char in '"\\':
                    out.append("\\" + char)
                elif 31 < code < 127:
                    out.append(char)
                elif code < 0x10000:
                    # A lone surrogate is no text.
                    out.append("\\u%04x" % (0xFFFD if 0xD7FF < code < 0xE000 else code))
                else:
                    code -= 0x10000
                    out.append("\\u%04x\\u%04x" % (0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF)))
            return '"' + "".join(out) + '"'
        if type(value) is dict:
            return "{" + ",".join([encode(key) + ":" + encode(item) for key, item in value.items()]) + "}"
        return "[" + ",".join([encode(item) for item in value]) + "]"

    def text(value, most=400):
        try:
            value = str(value)
        except BaseException:
            return "<unprintable>"
        return value if len(value) <= most else value[:most] + "..."

    def exactly(fd, count):
        data = b""
        while len(data) < count:
            part = read(fd, count - len(data))
            if not part:
                leave(0)
            data += part
        return data

    def receive():
        body = exactly(channel, int.from_bytes(exactly(channel, 4), "little"))
        return evaluate(body.decode(), {"true": True, "false": False, "null": None, "__builtins__": {}})

    def pack(message):
        body = encode(message).encode()
        return len(body).to_bytes(4, "little") + body

    def push(fd, data):
        while data:
            data = data[write(fd, data):]

    def send(kind, **message):
        try:
            push(channel, pack(dict(message, kind=kind, nonce=order["nonce"], audit=events[:500])))
        except OSError:
            # Nobody listens any more: something was said in the harness's place that cannot be.
            leave(0)
        del events[:]

    def from_skill(depth):
        # The nearest frame that is no library's decides who asked.
        try:
            caller = frame(depth)
        except ValueError:
            return False
        return caller.f_code.co_filename.startswith(skill)

    def hook(event, args):
        if len(events) < 1000:
            record = watched.get(event)
            if record is not None:
                try:
                    record(*args)
                except Exception:
                    pass

    def note(name, *values):
        item = [name] + [text(value.decode("utf-8", "replace") if type(value) is bytes else value) for value in values]
        if item not in events:
            events.append(item)

    watched = {
        "socket.getaddrinfo": lambda host, port, *_: note("resolve", host, port),
        "socket.gethostbyname": lambda host: note("resolve", host, 0),
        "socket.connect": lambda _, address: note("connect", *(address if type(address) is tuple else ("", 0))[:2]),
        "socket.bind": lambda _, address: note("listen", *(address if type(address) is tuple else ("", 0))[:2]),
        "subprocess.Popen": lambda program, args, *_: note("spawn", first(program, args)),
        "os.system": lambda command: note("spawn", first(None, command)),
        "os.exec": lambda path, *_: note("spawn", path),
        "os.posix_spawn": lambda path, *_: note("spawn", path),
        "ctypes.dlopen": lambda name: name and note("native", name),
        "import": lambda _, name, *__: type(name) is str and (own(name) or name.startswith(skill)) and note("native", name),
        "open": lambda path, mode, flags: touched(path, flags),
        "os.fork": lambda: frame(2).f_code is not call.__code__ and note("fork", "fork"),
        "os.listdir": lambda path: touched(path, 0),
        "os.scandir": lambda path: touched(path, 0),
        "os.truncate": lambda path, _: touched(path, 1),
        "os.mkdir": lambda path, *_: touched(path, 1),
        "os.chmod": lambda path, *_: touched(path, 1),
        "os.remove": lambda path, _: touched(path, 1),
        "os.rmdir": lambda path, _: touched(path, 1),
        "os.rename": lambda source, target, *_: touched(source, 1) or touched(target, 1),
        "os.link": lambda source, target, *_: touched(source, 0) or touched(target, 1),
        "os.symlink": lambda source, target, *_: touched(source, 0) or touched(target, 1),
        "sqlite3.connect": lambda path: touched(path, 1),
        "compile": lambda source, name: name == "<string>" and from_skill(4) and note("eval", "compile"),
    }

    def own(path):
        return path.startswith(folders)

    def touched(path, flags):
        # Only what the supervisor compares: files that tell, and what is written elsewhere than in own folders.
        if type(path) is int:
            return
        path = os.fsdecode(path)
        foreign = flags & 0o1103 and ("/.." in path or path.startswith(("/", "..")) and not own(path))
        if foreign or path.endswith(".so") or any([part in path for part in telling]):
            note("open", path.rstrip("/").rsplit("/", 1)[-1])

    def first(program, args):
        if program:
            return program
        if type(args) in (str, bytes):
            words = args.split()
            return words[0] if words else ""
        return args[0]

    def watch_environment():
        kind = type(os.environ)
        libraries = ("os.py", "_collections_abc.py", "abc>", "os>")

        def asked(name):
            here = frame(2)
            while here is not None and here.f_code.co_filename.endswith(libraries):
                here = here.f_back
            if here is not None and here.f_code.co_filename.startswith(skill) and len(events) < 1000:
                note("env", name)

        class Watched(kind):
            def __getitem__(self, key):
                asked(key)
                return kind.__getitem__(self, key)

            def __iter__(self):
                asked("*")
                return kind.__iter__(self)

        os.environ.__class__ = Watched

    def parameters(function):
        code = function.__code__
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        defaults = len(function.__defaults__ or ())
        required = code.co_argcount - defaults
        hints = function.__annotations__
        found = []
        for index, name in enumerate(names):
            keyword = index >= code.co_argcount
            optional = name in (function.__kwdefaults__ or {}) if keyword else index >= required
            hint = hints.get(name)
            hint = "" if hint is None else hint.__name__ if type(hint) is type else text(hint, 100)
            only = index < code.co_posonlyargcount
            found.append([name, hint, optional, "positional" if only else "keyword" if keyword else "either"])
        return found

    def underlying(value):
        for _ in range(8):
            if type(value) in (staticmethod, classmethod):
                value = value.__func__
            elif type(value) is function_type and hasattr(value, "__wrapped__"):
                value = value.__wrapped__
            else:
                break
        return value if type(value) is function_type else None

    def described(module):
        found = []
        for name, value in list(vars(module).items()):
            if name.startswith("_") or len(found) >= 64:
                continue
            function = underlying(value)
            if function is not None:
                if function.__code__.co_filename.startswith(skill) and function.__module__ == module.__name__:
                    found.append({"name": name, "init": None, "parameters": parameters(function), "doc": text(function.__doc__ or "", 8000)})
            elif isinstance(value, type) and value.__module__ == module.__name__ and not issubclass(value, BaseException):
                found.extend(methods(name, value))
        return found

    def methods(name, cls):
        init = cls.__dict__.get("__init__")
        init = parameters(init)[1:] if type(init) is function_type else []
        found = []
        for method, value in list(vars(cls).items()):
            function = underlying(value)
            if method.startswith("_") or function is None or len(found) >= 16:
                continue
            static = type(value) is staticmethod
            own = parameters(function) if static else parameters(function)[1:]
            made = None if static or type(value) is classmethod else init
            found.append({"name": name + "." + method, "init": made, "parameters": own, "doc": text(function.__doc__ or "", 8000)})
        return found

    def finish(value):
        kind = type(value).__name__
        if kind == "coroutine":
            import asyncio

            return asyncio.run(value)
        if kind == "generator":
            return [item for item, _ in zip(value, range(100))]
        if kind == "async_generator":
            import asyncio

            async def collect():
                found = []
                async for item in value:
                    found.append(item)
                    if len(found) == 100:
                        break
                return found

            return asyncio.run(collect())
        return value

    def perform(case):
        if case["script"]:
            sys.argv = case["argv"]
            import runpy

            try:
                runpy.run_path(case["script"], run_name="__main__")
            except SystemExit as stop:
                if stop.code not in (None, 0):
                    raise
            return ""
        space = dict(vars(sys.modules[case["module"]]))
        if not case["examples"]:
            return repr(finish(evaluate(case["expression"], space)))
        import io

        sys.stdout, sys.displayhook = io.StringIO(), sys.__displayhook__
        printed = sys.stdout
        for example in case["examples"]:
            printed.seek(0)
            printed.truncate()
            try:
                execute(build(example, "<example>", "single"), space)
            except Exception as error:
                printed.write("Traceback (most recent call last):\n%s: %s\n" % (type(error).__name__, error))
        return printed.getvalue()

    def once(case):
        try:
            return ["returned", text(perform(case), 2000)]
        except BaseException as error:
            return ["raised", type(error).__name__ + ": " + text(error)]

    def child(case, fd):
        del events[:]
        outcome, detail = once(case)
        later = [once(case) for _ in range(case["times"] - 1)]
        push(fd, pack([outcome, detail, events[:500], later]))

    def flush():
        for stream in (sys.__stdout__, sys.__stderr__):
            try:
                stream.flush()
            except BaseException:
                pass

    def cause(pid):
        # It closed its end; whether by dying, and of what, is known a moment later.
        end = monotonic() + 0.2
        while monotonic() < end:
            try:
                ended, status = waitpid(pid, 1)
            except OSError:
                return 0
            if ended:
                return status & 127
            poll().poll(2)
        return 0

    def call(case):
        source, sink = pipe()
        flush()
        try:
            pid = fork()
        except OSError:
            close(source)
            close(sink)
            return "missing", "no process could be started for it", [], []
        if pid == 0:
            try:
                setsid()
                close(channel)
                close(source)
                child(case, sink)
                flush()
            finally:
                leave(0)
        close(sink)
        data, end = b"", monotonic() + case["seconds"] * busy
        waiter = poll()
        waiter.register(source, select.POLLIN)
        late = False
        while len(data) < 200000:
            left = end - monotonic()
            if left <= 0 or not waiter.poll(left * 1000):
                late = True
                break
            part = read(source, 65536)
            if not part:
                break
            data += part
            # Whatever the call has started may hold the pipe open; its result is whole without them.
            if len(data) >= 4 and len(data) >= 4 + int.from_bytes(data[:4], "little"):
                break
        close(source)
        death = 0 if data or late else cause(pid)
        try:
            killpg(pid, 9)
        except OSError:
            pass
        try:
            waitpid(pid, 0)
        except OSError:
            pass
        if late:
            return "missing", "did not return in time", [], []
        if not data:
            return "missing", "died by signal %d before it returned" % death if death else "ended the process before it returned", [], []
        try:
            outcome, detail, seen, later = evaluate(data[4:].decode(), {"__builtins__": {}})
            whole = len(data) == int.from_bytes(data[:4], "little") + 4
            right = outcome in ("returned", "raised") and type(detail) is str and type(seen) is type(later) is list
        except Exception:
            whole = right = False
        if not (whole and right):
            return "missing", "wrote over its own result", [], []
        return outcome, detail, seen, later

    begun = monotonic()
    order = receive()
    skill, telling, folders = order["skill"], order["telling"], tuple(order["folders"])
    version = sys.version_info
    send("hello", version="%s %d.%d.%d" % (("CPython",) + version[:3]))
    sys.argv = ["skill"]
    sys.dont_write_bytecode = True
    sys.addaudithook(hook)
    watch_environment()
    for module in order["modules"]:
        send("importing", name=module["name"])
        if module["directory"] not in sys.path:
            sys.path.insert(0, module["directory"])
        error = missing = None
        functions = []
        try:
            loaded = import_module(module["name"])
            if order["call"]:
                functions = described(loaded)
        except ModuleNotFoundError as fault:
            error, missing = "ModuleNotFoundError: " + text(fault), text(fault.name)
        except BaseException as fault:
            error = type(fault).__name__ + ": " + text(fault)
        send("module", name=module["name"], error=error, missing=missing, functions=functions)
    # On a busy machine everything takes longer; a skill that slept so far gains little by it.
    busy = min(8, max(1, (monotonic() - begun) / max(process_time(), 0.01)))
    send("ready")
    while True:
        case = receive()
        if case is None:
            break
        outcome, detail, seen, later = call(case)
        events.extend(seen)
        send("result", id=case["id"], outcome=outcome, detail=detail, later=later)
    flush()
    leave(0)


def start():
    import builtins

    # Built-in functions of its own: what the skill puts in their place stays outside.
    type(main)(main.__code__, {"__builtins__": dict(vars(builtins)), "__name__": "harness"})()


start()

"""Calls of tools: checked before, timed, and recorded when they end, so that what fails is stopped."""

from __future__ import annotations

import functools
import inspect
import json
import logging
import os
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, cast

from skillgate import _engine

if TYPE_CHECKING:
    from types import TracebackType

    from skillgate._native import Immunity as _Immunity

P = ParamSpec("P")
R = TypeVar("R")

_log = logging.getLogger("skillgate.immune")

HOUSEKEEPING_SECONDS = 5.0
"""How often it is looked whether something is due."""

_DEPTH = 6
_ITEMS = 100


@dataclass(frozen=True)
class Remedy:
    """What an operator found to help; untrusted text, never an instruction to follow blindly."""

    signature: str
    resolved_by: str
    likeness: float
    text: str


class CallBlocked(RuntimeError):
    """A call that must not be made."""

    def __init__(
        self,
        tool: str,
        reason: str,
        since: datetime,
        until: datetime | None = None,
        remedy: Remedy | None = None,
    ) -> None:
        self.tool = tool
        self.reason = reason
        self.since = since
        self.until = until
        self.remedy = remedy
        end = "until it is released" if until is None else f"until {until.isoformat()}"
        super().__init__(f"`{tool}` is blocked since {since.isoformat()}, {end}: {reason}")

    def __reduce__(self) -> tuple[type[CallBlocked], tuple[Any, ...]]:
        return type(self), (self.tool, self.reason, self.since, self.until, self.remedy)


class ToolQuarantined(CallBlocked):
    """The tool, or this shape of its arguments, is quarantined."""


class StoreUnavailable(CallBlocked):
    """Whether the tool is quarantined cannot be known, and the settings say to refuse then."""


@dataclass(frozen=True)
class Change:
    """What a recorded call has led to: a tool that is `blocked`, `probing` or `released`."""

    tool: str
    state: str
    reason: str


@dataclass(frozen=True)
class Recorded:
    """What recording a call has done."""

    signature: str | None
    changes: tuple[Change, ...]


class Call:
    """One call of a tool, as a context manager; `seconds` is how long it took."""

    def __init__(self, immune: Immune, tool: str, args: object) -> None:
        self.tool = tool
        self.seconds: float | None = None
        self.recorded: Recorded | None = None
        self._immune = immune
        self._args = args
        self._began = 0.0

    def __enter__(self) -> Call:
        self._immune.check(self.tool, self._args)
        self._began = time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Literal[False]:
        self.seconds = time.perf_counter() - self._began
        self.recorded = self._immune.record(self.tool, self._args, error)
        return False


class Immune:
    """The immune system of one tenant; threads share it, and processes share its store."""

    def __init__(
        self,
        store: str | os.PathLike[str] | None = None,
        *,
        tenant: str = "default",
        settings: Mapping[str, object] | None = None,
        caller_errors: tuple[type[BaseException], ...] = (),
    ) -> None:
        """See `open`."""
        if _engine.NATIVE_FAULT is not None:
            raise RuntimeError(_engine.NATIVE_FAULT)
        variables = dict(os.environ)
        for name, value in (settings or {}).items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            variables[f"SKILLGATE_IMMUNE_{name.upper()}"] = text
        self._store = None if store is None else os.fspath(store)
        self._tenant = tenant
        self._variables = variables
        self._caller_errors = caller_errors
        self._lock = threading.Lock()
        self._start()

    @classmethod
    def open(
        cls,
        store: str | os.PathLike[str] | None = None,
        *,
        tenant: str = "default",
        settings: Mapping[str, object] | None = None,
        caller_errors: tuple[type[BaseException], ...] = (),
    ) -> Immune:
        """Opens a store: its folder, `postgresql://user@host/database`, or the configuration's.

        Settings come from `SKILLGATE_IMMUNE_` variables; `settings` go before them, by their names
        without the prefix (`{"quarantine_threshold": 3}`). Errors of the classes in `caller_errors`
        are the caller's own fault and do not count against a tool.
        """
        return cls(store, tenant=tenant, settings=settings, caller_errors=caller_errors)

    def call(self, tool: str, args: object = None) -> Call:
        """`with immune.call(tool, args):` checks, times, records, and lets every error pass."""
        return Call(self, tool, args)

    def tool(self, name: str | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """A decorator for functions and coroutine functions; each call goes through `call`.

        The name is the function's where none is given. Arguments that do not fit the function raise
        TypeError and are not recorded.
        """

        def decorate(function: Callable[P, R]) -> Callable[P, R]:
            if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
                raise TypeError("a generator is no call: use `call` around what drives it")
            tool = name if name is not None else str(getattr(function, "__name__", "tool"))
            signature = inspect.signature(function)

            if inspect.iscoroutinefunction(function):

                @functools.wraps(function)
                async def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
                    with self.call(tool, signature.bind(*args, **kwargs).arguments):
                        return await function(*args, **kwargs)

                return cast("Callable[P, R]", guarded)

            @functools.wraps(function)
            def called(*args: P.args, **kwargs: P.kwargs) -> R:
                with self.call(tool, signature.bind(*args, **kwargs).arguments):
                    return function(*args, **kwargs)

            return called

        return decorate

    def check(self, tool: str, args: object = None) -> None:
        """Raises `CallBlocked` where the call must not be made; takes a trial call where one is due."""
        native = self._native()
        if not native.concerns(tool):
            return
        refusal = native.check(tool, _shape(args))
        if refusal is not None:
            raise _blocked(json.loads(refusal))

    def record(
        self, tool: str, args: object = None, error: BaseException | str | None = None
    ) -> Recorded:
        """Learns how a call ended: well, or with an error; cancelled calls count neither way."""
        ended = "failed"
        if error is None:
            ended = "well"
        elif isinstance(error, BaseException) and self._is_ignored(error):
            ended = "ignored"
        name, code, message = _described(error)
        answer = json.loads(self._native().record(tool, _shape(args), ended, name, code, message))
        return Recorded(
            answer["signature"], tuple(Change(**change) for change in answer["changes"])
        )

    def is_quarantined(self, tool: str, args: object = None) -> bool:
        """Whether such a call is blocked; nothing is counted, and no trial call taken."""
        return self._native().is_quarantined(tool, _shape(args))

    def remedy_for(
        self, tool: str, error: BaseException | str, args: object = None
    ) -> Remedy | None:
        """What was noted against this failure, or against the one of the tool most like it."""
        name, code, message = _described(error)
        found = self._native().remedy_for(tool, _shape(args), name, code, message)
        return None if found is None else Remedy(**json.loads(found))

    def quarantines(self) -> list[dict[str, Any]]:
        """Every quarantine of a tool in force."""
        entries: list[dict[str, Any]] = json.loads(self._native().quarantines())
        return entries

    def metrics(self) -> dict[str, int]:
        """Every counter of this process by the name of its OpenTelemetry instrument."""
        return self._native().metrics()

    def prometheus(self) -> str:
        """The same in Prometheus' text format."""
        return self._native().prometheus()

    def flush(self, timeout: float = 10.0) -> None:
        """Waits until everything is in the store; TimeoutError with the store's complaint otherwise."""
        complaint = self._native().flush(timeout)
        if complaint is not None:
            raise TimeoutError(complaint)

    def close(self) -> None:
        """Writes what is left; done by itself when the interpreter ends."""
        self._stop.set()
        self._finalizer()

    def __enter__(self) -> Immune:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _start(self) -> None:
        from skillgate._native import Immunity

        self._process = os.getpid()
        self._immunity = Immunity(self._store, self._tenant, self._variables)
        self._stop = threading.Event()
        self._finalizer = weakref.finalize(self, _end, self._stop, self._immunity)
        threading.Thread(
            target=_keep_house,
            args=(self._stop, self._immunity),
            name="skillgate-immune",
            daemon=True,
        ).start()

    def _native(self) -> _Immunity:
        if os.getpid() != self._process:
            self._after_fork()
        return self._immunity

    def _after_fork(self) -> None:
        """A fork has none of its parent's threads, so it opens the store for itself."""
        with self._lock:
            if os.getpid() != self._process:
                self._finalizer.detach()
                self._start()

    def _is_ignored(self, error: BaseException) -> bool:
        return isinstance(error, self._caller_errors) or not isinstance(error, Exception)


def _end(stop: threading.Event, immunity: _Immunity) -> None:
    stop.set()
    immunity.close()


def _keep_house(stop: threading.Event, immunity: _Immunity) -> None:
    while not stop.wait(HOUSEKEEPING_SECONDS):
        try:
            for line in immunity.housekeep():
                _log.warning("%s", line)
        except ValueError:
            return


def _described(error: BaseException | str | None) -> tuple[str, str, str]:
    """Class, code and message; of a text, they are found in it."""
    if error is None or isinstance(error, str):
        return "", "", error or ""
    for name in ("status_code", "code", "errno"):
        code = getattr(error, name, None)
        if isinstance(code, (int, str)) and not isinstance(code, bool):
            return type(error).__name__, str(code)[:64], str(error)
    return type(error).__name__, "", str(error)


def _shape(value: object) -> str:
    """Keys and types alone, so that no secret gets as far as the store."""
    return json.dumps(_skeleton(value, _DEPTH))


def _skeleton(value: object, depth: int) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return 0
    if depth == 0:
        return ""
    if isinstance(value, Mapping):
        entries = list(value.items())[:_ITEMS]
        return {str(key): _skeleton(item, depth - 1) for key, item in entries}
    if isinstance(value, (list, tuple)):
        return [_skeleton(item, depth - 1) for item in value[:_ITEMS]]
    return ""


def _blocked(refusal: dict[str, Any]) -> CallBlocked:
    remedy = refusal["remedy"]
    kind = ToolQuarantined if refusal["known"] else StoreUnavailable
    until = refusal["until_ms"]
    return kind(
        refusal["tool"],
        refusal["reason"],
        _moment(refusal["since_ms"]),
        None if until is None else _moment(until),
        None if remedy is None else Remedy(**remedy),
    )


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, tz=timezone.utc)

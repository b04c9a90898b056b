"""The gate as an object."""

from __future__ import annotations

import json
from os import PathLike
from typing import Literal

from skillgate import _engine
from skillgate.report import Report, report_of

Profile = Literal["strict", "standard", "observe"]


class Gate:
    """All layers in order: static scan, simulation, permissions.

    `config` names a `skillgate.toml`; without it the nearest one at or above the working directory holds, as for the
    command, and the built-in values where there is none.
    """

    def __init__(
        self,
        config: str | PathLike[str] | None = None,
        profile: Profile | None = None,
        static_only: bool = False,
    ) -> None:
        self._native = _engine.Gate(config, profile, static_only)

    @property
    def config(self) -> str | None:
        """The configuration that holds, where it is a file."""
        file = self._native.config
        return None if file is None else str(file)

    def scan(
        self,
        path: str | PathLike[str],
        *,
        quarantine_to: str | PathLike[str] | None = None,
    ) -> list[Report]:
        """Examines every skill at or below a path, and moves quarantined ones where a folder is named.

        Raises FileNotFoundError where there is nothing to scan, so the list is never empty.
        """
        answer = json.loads(self._native.scan(path, quarantine_to))
        return [report_of(result) for result in answer["results"]]

    def scan_code(self, code: str | bytes, name: str = "skill.py") -> Report:
        """Examines Python code that lies in memory; it is not simulated, and the verdict says so."""
        answer = json.loads(self._native.scan_code(name, as_bytes(code)))
        return report_of(answer["results"][0])

    def is_code_promoted(self, code: str | bytes) -> bool:
        """Whether `scan_code` would promote, without the report."""
        return self._native.is_code_promoted("skill.py", as_bytes(code))


def as_bytes(code: str | bytes) -> bytes:
    """The bytes of a source; lone surrogates stay bytes that are no UTF-8, which is a reason against it."""
    return code.encode(errors="surrogatepass") if isinstance(code, str) else bytes(code)

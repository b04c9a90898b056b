"""What stands in for a native module that cannot be loaded: it denies, and says why."""

import sys
from collections.abc import Sequence
from os import PathLike

FAULT = "skillgate's native module cannot be loaded"


class Decision:
    """A refusal."""

    allowed = False
    rule: str | None = None
    cause = "no-engine"
    nearest_grant: str | None = None

    @property
    def why(self) -> str:
        """The fault."""
        return FAULT

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return f"<Decision denied: {FAULT}>"


class Policy:
    """Refuses every call."""

    malformed: list[str] = []
    lost_decisions = 0

    def __init__(
        self,
        allow: Sequence[str] = (),
        deny: Sequence[str] = (),
        *,
        quarantined: Sequence[str] = (),
        log: str | PathLike[str] | None = None,
        log_format: str = "jsonl",
        audit: str = "best-effort",
        subject: str = "python",
    ) -> None:
        """Takes what the native one takes."""

    def check(self, tool: str, /, **arguments: object) -> Decision:
        """Refuses."""
        return Decision()


class Gate:
    """Cannot be made, because what cannot be examined must not pass."""

    def __init__(
        self,
        config: str | PathLike[str] | None = None,
        profile: str | None = None,
        static_only: bool = False,
    ) -> None:
        raise RuntimeError(FAULT)


def check_permission(tool_name: str, permissions: Sequence[str] | None) -> bool:
    """Refuses."""
    return False


def main(arguments: Sequence[str]) -> int:
    """Exits as for an examination that could not be completed."""
    print(f"error: {FAULT}", file=sys.stderr)
    return 4

"""An agent loop without a framework: every tool is guarded, and a refusal goes back to the model as text."""

import json
from collections.abc import Callable
from pathlib import Path

from skillgate import Policy, SecurityError

POLICY = Policy(allow=["filesystem:read(./notes/**)"], deny=["filesystem:read(./notes/private/**)"])


@POLICY.guard("filesystem:read", skill="reader")
def read_file(path: str) -> str:
    return Path(path).read_text()


TOOLS: dict[str, Callable[..., str]] = {"read_file": read_file}


def answer(call: dict[str, object]) -> str:
    """What the model gets to see of one tool call."""
    arguments = call["arguments"]
    assert isinstance(arguments, dict)
    try:
        return TOOLS[str(call["tool"])](**arguments)
    except SecurityError as refused:
        return f"refused: {refused.protocol_guidance}"


if __name__ == "__main__":
    Path("notes/private").mkdir(parents=True, exist_ok=True)
    Path("notes/today.txt").write_text("water the plants")
    for path in ["notes/today.txt", "notes/private/diary.txt", "/etc/passwd"]:
        call = {"tool": "read_file", "arguments": {"path": path}}
        print(json.dumps(call), "->", answer(call))

"""A LangChain tool that a policy guards: a refusal goes back to the model as the tool's error."""

from pathlib import Path

from langchain_core.tools import BaseTool, ToolException, tool

from skillgate import Policy, SecurityError

POLICY = Policy(allow=["filesystem:read(./notes/**)"], deny=["filesystem:read(./notes/private/**)"])


@POLICY.guard("filesystem:read", skill="reader")
def read(path: str) -> str:
    return Path(path).read_text()


@tool
def read_file(path: str) -> str:
    """Reads a text file."""
    try:
        return read(path)
    except SecurityError as refused:
        raise ToolException(f"refused: {refused.protocol_guidance}") from refused


read_file.handle_tool_error = True
TOOLS: list[BaseTool] = [read_file]


if __name__ == "__main__":
    Path("notes/private").mkdir(parents=True, exist_ok=True)
    Path("notes/today.txt").write_text("water the plants")
    for path in ["notes/today.txt", "notes/private/diary.txt", "/etc/passwd"]:
        call = {"type": "tool_call", "id": "1", "name": "read_file", "args": {"path": path}}
        message = TOOLS[0].invoke(call)
        print(path, message.status, message.content)

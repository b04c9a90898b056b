"""An MCP server whose tools a policy guards: a refusal goes back to the client as the tool's error."""

from pathlib import Path

from mcp.server.mcpserver import MCPServer

from skillgate import Policy

POLICY = Policy(
    allow=["filesystem:read(./notes/**)", "filesystem:write(./notes/*.txt)"],
    deny=["filesystem:*(./notes/private/**)"],
)
server = MCPServer("notes")


@server.tool()
@POLICY.guard("filesystem:read", skill="notes")
def read_note(path: str) -> str:
    """Reads a note."""
    return Path(path).read_text()


@server.tool()
@POLICY.guard("filesystem:write", skill="notes")
async def write_note(path: str, text: str) -> str:
    """Writes a note."""
    Path(path).write_text(text)
    return "written"


if __name__ == "__main__":
    server.run("stdio")

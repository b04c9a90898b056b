"""The examples, each run as its reader would run it."""

import asyncio
import subprocess
import sys
from pathlib import Path

from needed import need

EXAMPLES = Path(__file__).parent.parent / "examples"


def lines(example, folder):
    ran = subprocess.run([sys.executable, EXAMPLES / example], capture_output=True, text=True, cwd=folder)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_the_agent_loop_reads_what_it_may_and_nothing_else(tmp_path):
    allowed, private, foreign = lines("agent_loop.py", tmp_path)
    assert allowed.endswith("-> water the plants")
    assert "-> refused: " in private and "notes/private" in private
    assert "-> refused: " in foreign and "/etc/passwd" in foreign


def test_the_langchain_tool_refuses_with_an_error_for_the_model(tmp_path):
    need("langchain_core")
    allowed, private, foreign = lines("langchain_tool.py", tmp_path)
    assert allowed == "notes/today.txt success water the plants"
    assert private.startswith("notes/private/diary.txt error refused: ") and "denied by" in private
    assert foreign.startswith("/etc/passwd error refused: ") and "would allow it" in foreign


def test_the_mcp_server_refuses_a_real_client_over_its_pipe(tmp_path):
    need("mcp")
    from mcp.client.client import Client
    from mcp.client.stdio import StdioServerParameters, stdio_client

    (tmp_path / "notes" / "private").mkdir(parents=True)
    (tmp_path / "notes" / "private" / "diary.txt").write_text("secret")
    server = StdioServerParameters(
        command=sys.executable, args=[str(EXAMPLES / "mcp_server.py")], cwd=str(tmp_path)
    )

    async def talk():
        async with Client(stdio_client(server)) as client:
            tools = await client.list_tools()
            assert {tool.name for tool in tools.tools} == {"read_note", "write_note"}
            assert set(tools.tools[0].input_schema["properties"]) == {"path"}

            async def call(tool, **arguments):
                result = await client.call_tool(tool, arguments)
                return result.is_error, result.content[0].text

            assert await call("write_note", path="notes/a.txt", text="water") == (False, "written")
            assert await call("read_note", path="notes/a.txt") == (False, "water")
            for tool, path in [
                ("read_note", "notes/private/diary.txt"),
                ("read_note", "notes/../notes/private/diary.txt"),
                ("read_note", "/etc/passwd"),
                ("write_note", "notes/private/new.txt"),
                ("write_note", "../outside.txt"),
            ]:
                extra = {"text": "x"} if tool == "write_note" else {}
                failed, text = await call(tool, path=path, **extra)
                assert failed and "secret" not in text, path

    asyncio.run(talk())
    assert not (tmp_path / "notes" / "private" / "new.txt").exists()
    assert not (tmp_path.parent / "outside.txt").exists()

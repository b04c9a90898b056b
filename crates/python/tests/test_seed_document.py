"""The snippets of the seed document, run as they stand there."""

import ast
import asyncio
import inspect
import re
from pathlib import Path

from skills import DANGEROUS, SAFE

DOCUMENT = Path(__file__).with_name("seed_document.md")


def test_the_snippets_run_and_say_what_they_promise(tmp_path, monkeypatch, capsys):
    candidates = tmp_path / "skills" / "candidates"
    candidates.mkdir(parents=True)
    (tmp_path / "skill.py").write_text(SAFE)
    (tmp_path / "generated_skill.py").write_text(DANGEROUS)
    (candidates / "good.py").write_text(SAFE)
    (candidates / "bad.py").write_text(DANGEROUS)
    monkeypatch.chdir(tmp_path)
    snippets = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.S)
    assert len(snippets) == 6
    names = {"Path": Path, "code": SAFE, "llm": object()}

    async def run_all():
        for snippet in snippets:
            code = compile(snippet, str(DOCUMENT), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            result = eval(code, names)
            if inspect.isawaitable(result):
                await result

    asyncio.run(run_all())
    said = capsys.readouterr().out
    assert "Code passed static analysis" in said
    assert re.search(r"Simulation (passed in \d+ms|failed: .*not run)", said)
    assert "Skill rejected: " in said
    assert "Promoted: 1, Rejected: 1" in said
    assert not (tmp_path / "generated_skill.py").exists()
    assert list((tmp_path / "skills" / "quarantine").glob("generated_skill.py.*"))
    assert names["allowed"] is True and names["is_safe"] is True

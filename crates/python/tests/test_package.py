"""The package as it is installed: the command, the README, and what holds without the native module."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from skills import DANGEROUS, SAFE

CRATE = Path(__file__).parent.parent


def command(*arguments, folder):
    return subprocess.run(
        [sys.executable, "-m", "skillgate", *arguments], capture_output=True, text=True, cwd=folder
    )


def test_the_command_has_the_exit_codes_of_the_binary(tmp_path):
    (tmp_path / "good.py").write_text(SAFE)
    (tmp_path / "bad.py").write_text(DANGEROUS)
    scan = ["scan", "--static-only", "--profile", "strict"]
    assert command(*scan, "good.py", folder=tmp_path).returncode == 0
    assert command(*scan, "bad.py", folder=tmp_path).returncode == 1
    assert command(*scan, "--no-such-option", folder=tmp_path).returncode == 2
    assert command("scan", str(tmp_path / "none.py"), folder=tmp_path).returncode == 2
    version = command("--version", folder=tmp_path)
    assert version.returncode == 0 and version.stdout.startswith("skillgate ")


def test_the_sandbox_starts_from_python_itself(tmp_path):
    (tmp_path / "good.py").write_text(SAFE + "\nprint('hello from inside')\n")
    if command("doctor", folder=tmp_path).returncode != 0:
        pytest.skip("no sandbox works here")
    run = command("run", "good.py", folder=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "hello from inside" in run.stdout


def test_the_snippet_of_the_readme_runs(tmp_path):
    snippet = re.search(r"```python\n(.*?)```", (CRATE / "README.md").read_text(), re.S).group(1)
    (tmp_path / "skills").mkdir()
    (tmp_path / "skills" / "good.py").write_text(SAFE)
    ran = subprocess.run([sys.executable, "-c", snippet], capture_output=True, text=True, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "nothing grants it" in ran.stdout and "filesystem:read(/etc/passwd)" in ran.stdout
    assert "good promote (not simulated) []" in ran.stdout


WITHOUT_NATIVE = """
import asyncio, sys, warnings
sys.modules["skillgate._native"] = None
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    import skillgate
assert "everything is denied" in str(said[0].message)
assert skillgate.NATIVE_FAULT
assert skillgate.check_permission(tool_name="a.b", permissions=["*"]) is False
assert skillgate.is_code_safe("") is False
is_safe, violations = skillgate.scan_code_security("")
assert not is_safe and "cannot be loaded" in violations[0]["description"]
decision = skillgate.Policy(["*"]).check("a.b")
assert not decision and "cannot be loaded" in decision.why
@skillgate.Policy(["*"]).guard("a:b")
def guarded(): raise AssertionError
try:
    guarded()
except skillgate.SecurityError as error:
    assert "cannot be loaded" in str(error)
else:
    raise AssertionError
try:
    skillgate.Gate()
except RuntimeError as error:
    assert "cannot be loaded" in str(error)
else:
    raise AssertionError
report = asyncio.run(skillgate.ImmuneSystem().process_candidate(__file__ if "__file__" in dir() else "."))
assert not report.promoted and "cannot be loaded" in report.rejection_reason
assert not asyncio.run(skillgate.SkillSimulator().verify_skill(".")).passed
from skillgate.__main__ import main
assert main() == 4
print("denied")
"""


def test_without_the_native_module_everything_is_denied(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_NATIVE], capture_output=True, text=True, cwd=tmp_path
    )
    assert ran.stdout.strip() == "denied", ran.stderr

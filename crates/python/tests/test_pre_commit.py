"""The hook of this repository under the real `pre-commit`, on a repository of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from needed import need
from skills import DANGEROUS, SAFE

REPOSITORY = Path(__file__).parents[3]


def test_a_dangerous_skill_is_not_committed(tmp_path):
    need("pre_commit")
    # pre-commit takes hooks from the head of a Git repository, so the file as it is now goes into one.
    hooks, work = tmp_path / "hooks", tmp_path / "work"
    programs = Path(sys.executable).parent
    environment = {
        "HOME": str(tmp_path),
        "PATH": f"{programs}:{os.environ['PATH']}",
        "GIT_CONFIG_NOSYSTEM": "1",
        "PRE_COMMIT_HOME": str(tmp_path / "cache"),
    }

    def run(*command, folder):
        return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment)

    def git(*arguments, folder):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        ran = run("git", *identity, *arguments, folder=folder)
        return ran

    for folder in (hooks, work):
        folder.mkdir()
        git("init", "-q", folder=folder)
    shutil.copy(REPOSITORY / ".pre-commit-hooks.yaml", hooks)
    git("add", "-A", folder=hooks)
    assert git("commit", "-qm", "hooks", folder=hooks).returncode == 0
    head = git("rev-parse", "HEAD", folder=hooks).stdout.strip()
    (work / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {hooks}\n    rev: {head}\n    hooks:\n      - id: skillgate\n"
    )
    installed = run(sys.executable, "-m", "pre_commit", "install", folder=work)
    assert installed.returncode == 0, installed.stdout + installed.stderr

    (work / "good.py").write_text(SAFE)
    (work / "notes.txt").write_text("no skill")
    git("add", "-A", folder=work)
    committed = git("commit", "-m", "good", folder=work)
    assert committed.returncode == 0, committed.stdout + committed.stderr
    assert "Passed" in committed.stdout + committed.stderr

    (work / "bad.py").write_text(DANGEROUS)
    git("add", "-A", folder=work)
    refused = git("commit", "-m", "bad", folder=work)
    assert refused.returncode == 1, refused.stdout + refused.stderr
    assert "quarantined bad" in refused.stdout + refused.stderr
    assert git("rev-list", "--count", "HEAD", folder=work).stdout.strip() == "1"

"""Compiled policies, their decisions and their guard."""

import asyncio
import inspect
import json
import pickle
import threading
from pathlib import Path

import pytest

from skillgate import Policy, SecurityError

POLICY = Policy(
    allow=["filesystem:read(/data/**)", "git:*", "process:spawn(git)"],
    deny=["git:push", "filesystem:read(/data/secret/**)"],
)


@pytest.mark.parametrize(
    ("tool", "arguments", "allowed", "rule"),
    [
        ("filesystem.read", {"path": "/data/a"}, True, "filesystem:read(/data/**)"),
        ("filesystem.read", {"path": Path("/data/a")}, True, "filesystem:read(/data/**)"),
        ("filesystem.read", {"paths": ["/data/a", "/etc/passwd"]}, False, None),
        ("filesystem.read", {"paths": ("/data/a", 7)}, False, None),
        ("filesystem.read", {"path": "/data/../etc/passwd"}, False, None),
        ("filesystem.read", {"path": "/data/secret/key"}, False, "filesystem:read(/data/secret/**)"),
        ("filesystem.read", {"path": "/data/\udcff"}, False, None),
        ("filesystem.read", {"path": b"/data/a"}, False, None),
        ("filesystem.read", {}, False, None),
        ("git.status", {}, True, "git:*"),
        ("git.push", {}, False, "git:push"),
        ("process.spawn", {"argv": ["git", "status"]}, True, "process:spawn(git)"),
        ("process.spawn", {"command": "git status; rm -rf /"}, False, None),
        ("web.fetch", {}, False, None),
        ("git.status\x00", {}, False, None),
    ],
)
def test_a_decision_is_true_or_false_and_says_why(tool, arguments, allowed, rule):
    decision = POLICY.check(tool, **arguments)
    assert bool(decision) is decision.allowed is allowed
    assert ("is allowed by" if allowed else "is denied") in decision.why
    if rule:
        assert decision.rule == rule and rule in decision.why


def test_a_refusal_names_the_nearest_grant():
    decision = POLICY.check("filesystem.read", path="/etc/hosts")
    assert decision.nearest_grant == "filesystem:read(/etc/hosts)"
    assert decision.nearest_grant in decision.why
    assert Policy([decision.nearest_grant]).check("filesystem.read", path="/etc/hosts")


def test_a_malformed_deny_refuses_to_load_and_a_malformed_allow_grants_nothing():
    with pytest.raises(ValueError, match="malformed deny"):
        Policy(deny=["git:["])
    policy = Policy(["git:[", "git:status"])
    assert len(policy.malformed) == 1
    assert not policy.check("git.push")
    with pytest.raises(TypeError):
        Policy("*")


def test_a_guard_checks_each_call_by_the_names_of_its_parameters():
    called = []

    @POLICY.guard("filesystem:read", skill="reader")
    def read(path="/data/default", **options):
        called.append(path)
        return path

    assert read() == "/data/default"
    assert read("/data/a", mode="r") == "/data/a"
    with pytest.raises(SecurityError) as refused:
        read("/etc/passwd")
    with pytest.raises(SecurityError):
        read(destination="/etc/passwd")
    assert called == ["/data/default", "/data/a"]
    error = refused.value
    assert (error.skill_name, error.tool_name) == ("reader", "filesystem:read")
    assert error.required_permission == "filesystem:read(/etc/passwd)"
    assert "is denied" in error.protocol_guidance


def test_a_guard_keeps_async_functions_async():
    called = []

    @POLICY.guard("filesystem:read")
    async def read(path):
        called.append(path)
        return path

    assert inspect.iscoroutinefunction(read) and read.__name__ == "read"
    assert asyncio.run(read("/data/a")) == "/data/a"
    with pytest.raises(SecurityError):
        asyncio.run(read("/etc/passwd"))
    assert called == ["/data/a"]


def test_the_error_has_the_words_and_the_fields_of_the_seed():
    error = SecurityError("writer", "git.commit", "git:commit", "Read SKILL.md again.")
    assert str(error).startswith(
        "Skill 'writer' is not authorized to use 'git.commit'. Required permission: git:commit. "
        "Add this permission to SKILL.md frontmatter to enable."
    )
    assert str(error).endswith("Read SKILL.md again.")
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error) and copy.required_permission == "git:commit"
    assert isinstance(error, PermissionError)


def test_decisions_are_logged_as_lines_or_as_spans(tmp_path):
    for log_format in ("jsonl", "otlp"):
        file = tmp_path / log_format
        policy = Policy(["git:*"], log=file, log_format=log_format, audit="required", subject="agent")
        assert policy.check("git.push") and not policy.check("filesystem.read", path="/a")
        assert policy.lost_decisions == 0
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        assert len(lines) == 2
        if log_format == "jsonl":
            assert [line["allow"] for line in lines] == [True, False]
            assert lines[1]["resource"] == "/a" and lines[0]["subject"] == "agent"
        else:
            span = lines[0]["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
            assert span["events"][0]["name"] == "skillgate.decision"
    waiting = Policy(["git:*"], log=tmp_path / "waiting")
    waiting.check("git.push")
    del waiting
    assert (tmp_path / "waiting").read_text().count("\n") == 1


def test_a_decision_that_cannot_be_logged_is_not_given_out():
    policy = Policy(["git:*"], log="/dev/full", audit="required")
    called = []
    guarded = policy.guard("git:push")(lambda: called.append(1))
    with pytest.raises(OSError, match="could not be logged"):
        guarded()
    assert called == []
    with pytest.raises(ValueError, match="needs a `log`"):
        Policy(audit="required")
    with pytest.raises(OSError):
        Policy(log="/nowhere/log")
    with pytest.raises(ValueError, match="log_format"):
        Policy(log="/dev/null", log_format="xml")


def test_one_policy_serves_many_threads():
    wrong = []

    def check_often():
        for _ in range(2000):
            if POLICY.check("git.push") or not POLICY.check("filesystem.read", path="/data/a"):
                wrong.append(1)

    threads = [threading.Thread(target=check_often) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []

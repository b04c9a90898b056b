"""`check_permission`: the seeds' form."""

import sys
import threading
import time

import pytest

from skillgate import Policy, check_permission


@pytest.mark.parametrize(
    ("tool", "permissions", "allowed"),
    [
        ("filesystem.read_file", ["filesystem:*"], True),
        ("filesystem:read", ["filesystem:*"], True),
        ("git.status", ["git.status"], True),
        ("git.status", ["git:status"], True),
        ("git.status", ("web:*", "git:status"), True),
        ("anything.at_all", ["*"], True),
        ("git.commit", ["git:status"], False),
        ("git.commit", ["filesystem:*"], False),
        ("git.status", [], False),
        ("git.status", None, False),
        ("filesystem_admin.delete", ["filesystem:*"], False),
        ("github.delete_repo", ["git.*"], False),
        ("git.status", [":*"], False),
        ("git.status", [".*"], False),
        ("git.status", [""], False),
        ("git.status\n", ["git:status"], False),
        ("\ud800.status", ["*"], False),
        ("git.status", ["\ud800"], False),
        ("filesystem.read", ["filesystem:read(/data/**)"], False),
    ],
)
def test_a_tool_is_allowed_by_a_scope_that_names_it(tool, permissions, allowed):
    assert check_permission(tool_name=tool, permissions=permissions) is allowed


@pytest.mark.parametrize("permissions", ["*", b"*", {"*": 1}, 7, [7], [None, "*"], [["*"]]])
def test_anything_but_a_list_of_str_is_a_type_error(permissions):
    with pytest.raises(TypeError):
        check_permission(tool_name="git.status", permissions=permissions)


def test_the_list_is_read_only_as_far_as_needed():
    assert check_permission(tool_name="git.status", permissions=["git:*", 7])


def test_a_long_list_is_read_to_its_end_and_no_further():
    long = [f"git:state{number}" for number in range(5000)]
    assert not check_permission(tool_name="git.status", permissions=long)
    assert check_permission(tool_name="git.status", permissions=[*long, "git:status"])
    assert not check_permission(tool_name="git.status", permissions=[*long, "\ud800"])
    with pytest.raises(TypeError):
        check_permission(tool_name="git.status", permissions=[*long, 7])


@pytest.mark.parametrize("work", ["check_permission", "policy", "check"])
def test_a_long_call_lets_other_threads_run(work):
    scopes = ["*a" * 60 + "b:c"] * 2000
    name = "a" * 120 + ".c"
    policy = Policy(["filesystem:read(./**)"])
    paths = ["a" * 200] * 20_000
    call = {
        "check_permission": lambda: check_permission(tool_name=name, permissions=scopes),
        "policy": lambda: Policy(scopes),
        "check": lambda: policy.check("filesystem.read", paths=paths),
    }[work]
    ticks, done = [], threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0)

    # With an interval this long a thread gets its turn only where the other one gives it away.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(30)
    thread = threading.Thread(target=tick)
    try:
        thread.start()
        started = time.perf_counter()
        for _ in range(5):
            call()
        ended = time.perf_counter()
    finally:
        done.set()
        sys.setswitchinterval(interval)
    thread.join()
    assert len([at for at in ticks if started < at < ended]) >= 2

"""Nanoseconds per call from Python; each figure is the best of seven, beside an empty call in the same run."""

import timeit

from skillgate import Policy, check_permission

RULES = [f"service{number}:action" for number in range(99)]
POLICY = Policy(allow=[*RULES, "filesystem:read(/data/**)"])
FEW = ["filesystem:*", "git:status"]
MANY = [*RULES, "git:status"]
ALIKE = [*(f"git:state{number}" for number in range(99)), "git:status"]

CALLS = {
    "empty call": lambda n: timeit.timeit("c('git.status')", globals={"c": POLICY._empty_call}, number=n),
    "policy.check, 100 rules": lambda n: timeit.timeit(
        "c('service50.action')", globals={"c": POLICY.check}, number=n
    ),
    "policy.check, refused": lambda n: timeit.timeit("c('git.push')", globals={"c": POLICY.check}, number=n),
    "empty call with a path": lambda n: timeit.timeit(
        "c('filesystem.read', path='/data/a')", globals={"c": POLICY._empty_call}, number=n
    ),
    "policy.check with a path": lambda n: timeit.timeit(
        "c('filesystem.read', path='/data/a')", globals={"c": POLICY.check}, number=n
    ),
    "check_permission, 2 scopes": lambda n: timeit.timeit(
        "c(tool_name='git.status', permissions=p)", globals={"c": check_permission, "p": FEW}, number=n
    ),
    "check_permission, 100 scopes": lambda n: timeit.timeit(
        "c(tool_name='git.status', permissions=p)", globals={"c": check_permission, "p": MANY}, number=n
    ),
    "the same, alike up to the action": lambda n: timeit.timeit(
        "c(tool_name='git.status', permissions=p)", globals={"c": check_permission, "p": ALIKE}, number=n
    ),
}

if __name__ == "__main__":
    for name, call in CALLS.items():
        best = min(call(100_000) for _ in range(7))
        print(f"{name:34} {best * 1e9 / 100_000:7.0f} ns")

"""Packages that only some tests need."""

import importlib.util
import os

import pytest


def need(package):
    """Skips with a printed line where a package is missing, and fails where `SKILLGATE_REQUIRE` asks for it."""
    if importlib.util.find_spec(package) is not None:
        return
    if "python" in os.environ.get("SKILLGATE_REQUIRE", "").split(","):
        pytest.fail(f"SKILLGATE_REQUIRE asks for `{package}`, which is not installed")
    print(f"skipped: `{package}` is not installed")
    pytest.skip(f"`{package}` is not installed")

#!/usr/bin/env bash
# The Python package: built as a wheel, its tests, its types, and what a clean environment gets of it.
# usage: crates/python/tests/run.sh [PROFILE]; the profile of cargo is `dev` without one.
set -euo pipefail
cd "$(dirname "$0")/../../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/tools"
tools="$work/tools/bin"
"$tools/pip" install -q pytest mypy pre-commit langchain-core "mcp>=2"

# The folder and the profile of the workspace's own build, so that little is built twice.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
export MATURIN_PEP517_ARGS="--profile ${1:-dev}"
"$tools/pip" wheel -q --no-deps --wheel-dir "$work/wheels" ./crates/python
"$tools/pip" install -q "$work"/wheels/*.whl
export SKILLGATE_REQUIRE="${SKILLGATE_REQUIRE:+$SKILLGATE_REQUIRE,}python"
"$tools/python" -m pytest -q crates/python/tests
"$tools/mypy" --strict crates/python/python/skillgate

# Nothing but the wheel: the README's snippet, the command, and the types as an installed package gives them.
python3 -m venv "$work/clean"
"$work/clean/bin/pip" install -q "$work"/wheels/*.whl
mkdir -p "$work/project/skills"
cp fixtures/skills/csv_clean.py "$work/project/skills"
cp crates/python/README.md "$work/project"
cd "$work/project"
"$work/clean/bin/python" -c 'import re; exec(re.search(r"```python\n(.*?)```", open("README.md").read(), re.S)[1])'
"$work/clean/bin/skillgate" scan --static-only skills
echo "the Python package holds"

#!/usr/bin/env bash
# Runs the whole binary beside ruff and bandit on the same files, interleaved, and prints ratios.
# usage: benches/peers.sh [FOLDER]; without one, 1,000 files of the Python standard library are taken.
# needs: hyperfine, jq, ruff and bandit on the PATH (pip install ruff==0.17.5 bandit==1.9.4)
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --locked --quiet
skillgate="$PWD/target/release/skillgate"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

files=${1:-}
if [ -z "$files" ]; then
    files="$work/files"
    mkdir -p "$files"
    library=$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
    number=0
    find "$library" -name '*.py' -not -path '*/site-packages/*' -not -path '*/lib2to3/tests/data/*' | sort | head -n 1000 |
        while read -r file; do
            number=$((number + 1))
            cp "$file" "$files/$(printf '%04d' "$number")_$(basename "$file")"
        done
fi
count=$(find "$files" -name '*.py' | wc -l)
echo "$count files, $(du -sb "$files" | cut -f1) bytes"

printf 'store = "%s"\n' "$work/store" > "$work/skillgate.toml"
gate="$skillgate scan --static-only --no-cache --quiet --exit-zero --config $work/skillgate.toml --output $work/out.txt $files"
ruff="ruff check --isolated --no-cache --select S --exit-zero --quiet $files"

# Five rounds of each in turn, so that a slow moment of the machine hits both.
for round in 1 2 3 4 5; do
    hyperfine --ignore-failure --shell=none --warmup 1 --runs 3 --export-json "$work/gate.$round.json" "$gate" >/dev/null 2>&1
    hyperfine --ignore-failure --shell=none --warmup 1 --runs 3 --export-json "$work/ruff.$round.json" "$ruff" >/dev/null 2>&1
done
median() { jq -s '[.[].results[0].times[]] | sort | .[length / 2 | floor]' "$@"; }
gate_time=$(median "$work"/gate.*.json)
ruff_time=$(median "$work"/ruff.*.json)
echo "skillgate ${gate_time} s, ruff ${ruff_time} s, ratio $(jq -n "$gate_time / $ruff_time")"

if command -v bandit >/dev/null; then
    hyperfine --ignore-failure --shell=none --runs 1 --export-json "$work/bandit.json" "bandit -q -r $files" >/dev/null 2>&1
    bandit_time=$(median "$work/bandit.json")
    echo "bandit ${bandit_time} s, ratio $(jq -n "$gate_time / $bandit_time")"
fi

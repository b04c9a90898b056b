#!/usr/bin/env bash
# Runs the whole binary beside ruff, the bare parser and bandit on the same files, interleaved, and prints ratios.
# usage: [MANY=100000] benches/peers.sh [FOLDER]; without one, 1,000 files of the Python standard library are taken.
# needs: hyperfine, jq, ruff and bandit on the PATH (pip install ruff==0.17.5 bandit==1.9.4)
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --locked --quiet
cargo build --release --locked --quiet -p skillgate-scanner --example parse
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
scan="$skillgate scan --static-only --quiet --exit-zero --config $work/skillgate.toml --output $work/out.txt"
declare -A command=(
    [skillgate]="$scan --no-cache $files"
    [again]="$scan $files"
    [ruff]="ruff check --isolated --no-cache --select S --exit-zero --quiet $files"
    [parse]="$PWD/target/release/examples/parse $files"
)

# Five rounds of each in turn, so that a slow moment of the machine hits all of them.
for round in 1 2 3 4 5; do
    for name in skillgate again ruff parse; do
        hyperfine --ignore-failure --shell=none --warmup 1 --runs 3 --export-json "$work/$name.$round.json" \
            "${command[$name]}" >/dev/null 2>&1
    done
done
median() { jq -s '[.[].results[0].times[]] | sort | .[length / 2 | floor]' "$work/$1".*.json; }
ratio() { jq -n "$(median "$1") / $(median "$2") * 1000 | round / 1000"; }
peak() { # MiB
    python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)' "$@"
}
for name in skillgate again ruff parse; do echo "$name $(median "$name") s"; done
echo "scan / ruff S             $(ratio skillgate ruff)"
echo "scan / parse-only         $(ratio skillgate parse)"
echo "unchanged re-scan / scan  $(ratio again skillgate)"
# shellcheck disable=SC2086 # the command is a list of words
echo "peak memory               $(peak ${command[skillgate]}) MiB, ruff $(peak ${command[ruff]}) MiB"

# A hundred thousand small files: memory must not grow beyond the result.
many="$work/many"
python3 - "$many" "${MANY:-100000}" <<'PYTHON'
import pathlib, sys
for number in range(int(sys.argv[2])):
    folder = pathlib.Path(sys.argv[1], f"{number // 1000:03}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"s{number}.py").write_text(f"def tool(a: int) -> int:\n    return a + {number}\n")
PYTHON
echo "${MANY:-100000} small files      $(peak $scan --no-cache "$many") MiB"

if command -v bandit >/dev/null; then
    hyperfine --ignore-failure --shell=none --runs 1 --export-json "$work/bandit.1.json" "bandit -q -r $files" >/dev/null 2>&1
    echo "scan / bandit             $(ratio skillgate bandit)"
fi

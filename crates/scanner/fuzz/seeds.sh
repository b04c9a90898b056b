#!/bin/sh
# Fills corpus/ with small seeds from the fixtures.
cd "$(dirname "$0")" || exit 1
fixtures=../../../fixtures
for name in source front markdown pickle archive config rules; do mkdir -p "corpus/$name"; done
for kind in python shell javascript; do
    find "$fixtures/$kind" -type f -size -4k | while read -r file; do
        { case $kind in python) printf '\000' ;; shell) printf '\001' ;; *) printf '\002' ;; esac; cat "$file"; } \
            > "corpus/source/$(basename "$file")"
    done
done
find "$fixtures/text" -name '*.md' -size -4k -exec cp {} corpus/markdown/ \;
find "$fixtures/skills" -name 'SKILL.md' -size -4k | while read -r file; do
    sed -n '2,/^---$/p' "$file" | sed '$d' > "corpus/front/$(basename "$(dirname "$file")")"
done
find "$fixtures/file" -type f -size -8k | while read -r file; do
    cp "$file" "corpus/archive/$(echo "${file#"$fixtures"/file/}" | tr '/' '_')"
done
find "$fixtures/file" -path '*PICKLE*' -type f -size -8k | while read -r file; do
    cp "$file" "corpus/pickle/$(echo "${file#"$fixtures"/file/}" | tr '/' '_')"
done
cp ../../../rules/*/*.yml corpus/rules/
number=0
for name in package.json pyproject.toml requirements.txt Dockerfile '*.yml' setup.cfg Makefile settings.json .mcp.json \
    '*.ipynb' '*.html' '*.svg' '*.ps1' '*.pth' '*.jsx' '*.txt'; do
    find "$fixtures" -type f -name "$name" -size -8k | while read -r file; do
        { printf "\\$(printf %03o $number)"; cat "$file"; } > "corpus/config/$number-$(echo "$file" | tr '/' '_' | tail -c 100)"
    done
    number=$((number + 1))
done

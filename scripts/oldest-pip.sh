#!/usr/bin/env bash
# Asks the oldest pip that a supported Python brings for every requirements file: scripts/oldest-pip.sh PYTHON
# PYTHON is an interpreter that has `packaging`, as the one of .venv does.
set -euo pipefail
cd "$(dirname "$0")/.."
python="${1:?expected an interpreter}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
pip=("$folder/venv/bin/python" -m pip --quiet --quiet --disable-pip-version-check)
# Python 3.11.0 came with pip 22.3. From 3.12 on Python cannot run it: there the environment keeps the pip it was made with.
cat >"$folder/pip.txt" <<'END'
pip==22.3 ; python_version == '3.11' \
    --hash=sha256:1daab4b8d3b97d1d763caeb01a4640a2250a0ea899e257b1e44b9eded91e15ab
END
"${pip[@]}" install --require-hashes --requirement "$folder/pip.txt"
# A dry run is enough: with hashes pip fetches and checks whole files before it decides, and all that it then leaves out
# is to unpack them, which `make test` does of most and tests/evidence of the rest.
for file in requirements/*.txt; do
  echo "$file"
  "${pip[@]}" install --dry-run --report "$folder/report.json" --require-hashes --requirement "$file"
  "$python" scripts/pinned_extras.py "$file" "$folder/report.json"
done

#!/usr/bin/env bash
# Installs the wnmon of this checkout into a virtual environment of its own: scripts/install-pinned.sh FOLDER
# Every file that pip fetches is held against a hash of requirements/, those that build the wheel included.
set -euo pipefail
source="$(cd "$(dirname "$0")/.." && pwd)"
folder="${1:?expected a folder for the virtual environment}"
python="$(command -v python3 || command -v python)"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "wnmon needs Python 3.11 or later")'
"$python" -m venv "$folder"
pip=("$folder/bin/python" -m pip --quiet --disable-pip-version-check)
"${pip[@]}" install --require-hashes --requirement "$source/requirements/runtime.txt"
# What builds the wheel stays out of the environment that runs it.
"$python" -m venv "$folder/build"
build=("$folder/build/bin/python" -m pip --quiet --disable-pip-version-check)
"${build[@]}" install --require-hashes --requirement "$source/requirements/build.txt"
"${build[@]}" wheel --no-deps --no-build-isolation --wheel-dir "$folder/dist" "$source"
"${pip[@]}" install --no-deps --no-index "$folder"/dist/*.whl
rm -rf "$folder/build" "$folder/dist"

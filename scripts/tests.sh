#!/usr/bin/env bash
# All tests in two halves at once: those that compute, and those that wait for processes, sockets and a browser. No
# result depends on how busy the machine is. What the first half says is kept until the second has ended.
set -uo pipefail
python=$1
log=$(mktemp)
computing=
trap '[ -z "$computing" ] || kill "$computing" 2>/dev/null; rm -f "$log"' EXIT

core=(tests/unit/{model,redact,wire,judge,config})
compute() {
  "$python" -m pytest "${core[@]}" --cov --color=auto &&
    "$python" -m pytest tests/unit tests/matrix "${core[@]/#/--ignore=}" --durations=10 --durations-min=5
}

compute >"$log" 2>&1 &
computing=$!
"$python" -m pytest --ignore=tests/unit --ignore=tests/matrix --durations=20 --durations-min=5
waited=$?
wait "$computing"
computed=$?
computing=
cat "$log"
[ "$waited" = 0 ] || echo "make test: the tests that wait failed, see above"
exit $((waited || computed))

#!/usr/bin/env bash
# All tests in three parts at once: those that compute, those that wait for processes, sockets and a browser, and a short
# soak, for which the others are the busy machine, with those after it that compute and wait: very many relays, and promtool.
# No result depends on how busy it is. What two say is kept until the third has ended.
set -uo pipefail
python=$1
log=$(mktemp)
soak_log=$(mktemp)
running=()
trap '[ ${#running[@]} = 0 ] || kill "${running[@]}" 2>/dev/null; rm -f "$log" "$soak_log"' EXIT

core=(tests/unit/{model,redact,wire,judge,config})
many=(tests/acceptance/test_{one_use_case,hostile}.py tests/promtool)
compute() {
  "$python" -m pytest "${core[@]}" --cov --color=auto &&
    "$python" -m pytest tests/unit tests/matrix "${core[@]/#/--ignore=}" --durations=10 --durations-min=5
}

compute >"$log" 2>&1 &
computing=$!
"$python" -m pytest tests/soak "${many[@]}" --durations=5 --durations-min=5 >"$soak_log" 2>&1 &
soaking=$!
running=("$computing" "$soaking")
"$python" -m pytest --ignore=tests/unit --ignore=tests/matrix --ignore=tests/soak "${many[@]/#/--ignore=}" \
  --durations=20 --durations-min=5
waited=$?
wait "$soaking"
soaked=$?
wait "$computing"
computed=$?
running=()
cat "$soak_log" "$log"
[ "$waited" = 0 ] || echo "make test: the tests that wait failed, see above"
[ "$soaked" = 0 ] || echo "make test: the soak or the tests of many relays failed, see above"
exit $((waited || soaked || computed))

#!/usr/bin/env bash
# All tests in four parts at once: those that compute; a short soak, for which the others are the busy machine, with those
# that compute and wait; the whole chain, servers of others and real components, which mostly wait; and all the rest.
# mypy, which takes half a minute of one core, goes beside them. No result depends on how busy it is. What all but one of
# them say is kept until the last has ended.
set -uo pipefail
python=$1
logs=$(mktemp -d)
declare -A running=()
trap '[ ${#running[@]} = 0 ] || kill "${running[@]}" 2>/dev/null; rm -rf "$logs"' EXIT

core=(tests/unit/{model,redact,wire,judge,config})
busy=(tests/soak tests/acceptance/test_{one_use_case,hostile}.py tests/promtool)
chain=(tests/endtoend tests/evidence tests/integration)
all=(tests/unit tests/matrix "${busy[@]}" "${chain[@]}")

compute() {
  "$python" -m pytest "${core[@]}" --cov --color=auto &&
    "$python" -m pytest tests/unit tests/matrix "${core[@]/#/--ignore=}" --durations=10 --durations-min=5
}
soak() { exec "$python" -m pytest "${busy[@]}" --durations=10 --durations-min=5; }
wait_long() { exec "$python" -m pytest "${chain[@]}" --durations=10 --durations-min=5; }

types() { exec "$python" -m mypy --no-error-summary; }

for part in types compute soak wait_long; do
  "$part" >"$logs/$part" 2>&1 &
  running[$part]=$!
done
"$python" -m pytest "${all[@]/#/--ignore=}" --durations=20 --durations-min=5
failed=$?
for part in types soak wait_long compute; do
  wait "${running[$part]}"
  code=$?
  unset "running[$part]"
  cat "$logs/$part"
  [ "$code" = 0 ] || echo "make test: the part '$part' failed, see above"
  failed=$((failed || code))
done
exit "$failed"

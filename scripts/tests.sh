#!/usr/bin/env bash
# All tests in parts at once, so that those which wait leave the cores to those which compute: the core, whose coverage is
# counted, and after it the rest of what computes; a short soak, for which the others are the busy machine; the whole
# chain, servers of others and real components; services that run for a while; and all that is left. mypy, which takes
# half a minute of one core, goes beside them. No result depends on how busy it is. What all but one of them say is kept
# until the last has ended.
set -muo pipefail  # -m: a part is a process group, so all of it ends with this
python=$1
logs=$(mktemp -d)
declare -A running=()
trap '[ ${#running[@]} = 0 ] || kill -- "${running[@]/#/-}" 2>/dev/null; rm -rf "$logs"' EXIT

core=(tests/unit/{model,redact,wire,judge,config})
services=(tests/acceptance/test_serve*.py tests/reliability)
busy=(tests/soak tests/acceptance/test_{one_use_case,hostile}.py tests/promtool)
chain=(tests/endtoend tests/evidence tests/integration)
all=(tests/unit tests/matrix "${services[@]}" "${busy[@]}" "${chain[@]}")

slowest() { "$python" -m pytest "$@" --durations=10 --durations-min=5; }
compute() {
  "$python" -m pytest "${core[@]}" --cov --color=auto && slowest tests/unit tests/matrix "${core[@]/#/--ignore=}"
}
serve() { slowest "${services[@]}"; }
soak() { slowest "${busy[@]}"; }
wait_long() { slowest "${chain[@]}"; }
types() { "$python" -m mypy --no-error-summary; }

for part in types compute serve soak wait_long; do
  "$part" >"$logs/$part" 2>&1 &
  running[$part]=$!
done
slowest "${all[@]/#/--ignore=}" &  # not in the foreground, where nothing would end it with this
running[rest]=$!
wait "${running[rest]}"
failed=$?
unset "running[rest]"
for part in types soak serve wait_long compute; do
  wait "${running[$part]}"
  code=$?
  unset "running[$part]"
  cat "$logs/$part"
  [ "$code" = 0 ] || echo "make test: the part '$part' failed, see above"
  failed=$((failed || code))
done
exit "$failed"

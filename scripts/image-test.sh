#!/usr/bin/env bash
# Builds the image from the Dockerfile as it stands and runs it, on a machine without a docker engine and without an image
# registry: the base image is made from Debian packages and a local Python, under the name the Dockerfile asks for.
#
# Needs root and (Debian) buildah podman runc debootstrap bc; writes only below IMAGE_TEST_DIR. Settings, all optional:
#   IMAGE_TEST_DIR   where base system, image store and temporary files live (default: ~/.cache/wnmon-image)
#   PYTHON_PREFIX    a Python 3.12 built as a shared library, copied into the base (default: that of python3.12 in PATH)
#   DEBIAN_MIRROR    mirror for debootstrap (default: debootstrap's own)
#   PIP_CONF         file mounted as /etc/pip.conf during the build (default: none)
#   CERTS_DIR        folder mounted as /etc/ssl/certs during the build (default: none)
#   KEEP_BASE=0      makes the base image anew
set -euo pipefail
cd "$(dirname "$0")/.."

work=${IMAGE_TEST_DIR:-$HOME/.cache/wnmon-image}
base=docker.io/library/python:3.12-slim
image=localhost/wnmon:test
relay_port=8080
mkdir -p "$work/tmp"
export TMPDIR=$work/tmp

store=(--root "$work/store" --runroot "$work/run" --storage-driver overlay)
buildah() { command buildah "${store[@]}" "$@"; }
podman() { command podman "${store[@]}" --cgroup-manager cgroupfs --events-backend file --runtime /usr/sbin/runc "$@"; }

say() { printf '%7.1f s  %s\n' "$(bc <<<"$(date +%s.%N) - $begin")" "$*"; }
fail() { say "FAILED: $*"; exit 1; }
size_mb() { podman image inspect --format '{{.Size}}' "$1" | awk '{printf "%.0f MB", $1 / 1e6}'; }

# What compose.yaml asks of the engine; the limits are for a machine that may not raise them. Health checks are run by hand:
# podman would ask systemd for a timer. The network has nothing but a loopback, which service and relay share.
hardened=(--read-only --cap-drop all --security-opt no-new-privileges --no-healthcheck
          --ulimit nofile=1024:1024 --ulimit nproc=1000:1000)

remove_containers() {
  # The service first: it lives in the relay's network.
  podman rm --force --ignore --time 1 wnmon-test >/dev/null 2>&1 || true
  podman rm --force --ignore --time 1 wnmon-test-relay >/dev/null 2>&1 || true
}

clean_up() {
  remove_containers
  rm -rf "$work/tmp"
}

make_root() {
  local root=$work/rootfs prefix=${PYTHON_PREFIX:-$(python3.12 -c 'import sys; print(sys.base_prefix)')}
  rm -rf "$root"
  debootstrap --variant=minbase --include=ca-certificates,libssl3,libffi8,libsqlite3-0,zlib1g,libbz2-1.0,liblzma5,libreadline8,libuuid1,libexpat1,tzdata \
    bookworm "$root" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >"$work/debootstrap.log"
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  say "base system made"
  # The public slim image has Python in /usr/local too, and no bytecode of the standard library.
  cp "$prefix/bin/python3.12" "$root/usr/local/bin/"
  cp "$prefix/lib/libpython3.12.so.1.0" "$root/usr/local/lib/"
  tar -C "$prefix/lib" --exclude=test --exclude=tests --exclude=idlelib --exclude=site-packages --exclude=__pycache__ \
    --exclude='config-3.12*' -cf - python3.12 | tar -C "$root/usr/local/lib" -xf -
  mkdir -p "$root/usr/local/lib/python3.12/site-packages"
  ln -sf python3.12 "$root/usr/local/bin/python3"
  ln -sf python3.12 "$root/usr/local/bin/python"
  chroot "$root" ldconfig
  chroot "$root" env PYTHONDONTWRITEBYTECODE=1 PIP_ROOT_USER_ACTION=ignore python3 -m ensurepip --default-pip >/dev/null
  find "$root/usr/local" -name __pycache__ -prune -exec rm -rf {} +
  say "Python copied into it"
}

make_base() {
  if [[ ${KEEP_BASE:-1} == 1 ]] && buildah inspect --type image "$base" >/dev/null 2>&1; then
    say "base image kept from before: $(size_mb "$base")"
    return
  fi
  make_root
  local container
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$work/rootfs" / >/dev/null
  buildah config --env PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin --cmd python3 "$container"
  buildah commit --quiet --rm "$container" "$base" >/dev/null
  rm -rf "$work/rootfs"
  say "base image made: $(size_mb "$base")"
}

build_image() {
  local mounts=()
  [[ -z ${CERTS_DIR:-} ]] || mounts+=(-v "$CERTS_DIR:/etc/ssl/certs:ro")
  [[ -z ${PIP_CONF:-} ]] || mounts+=(-v "$PIP_CONF:/etc/pip.conf:ro")
  # --format docker: HEALTHCHECK is not part of the OCI image format.
  buildah bud --isolation chroot --pull-never --format docker "${mounts[@]}" --tag "$image" . >"$work/build.log" 2>&1 \
    || { tail -30 "$work/build.log"; fail "the build, see above"; }
  say "image built: $(size_mb "$image")"
}

run_once() { podman run --rm --network none "${hardened[@]}" "$@"; }

check_version() {
  local seen
  seen=$(run_once "$image" --version) || fail "wnmon --version"
  say "version: $seen"
}

check_user() {
  local seen
  seen=$(run_once --entrypoint python "$image" -c 'import os; print(os.getuid(), os.getgid())')
  [[ $seen == "65532 65532" ]] || fail "runs as $seen"
  say "runs as uid and gid $seen"
  if run_once --entrypoint python "$image" -c 'open("/x", "w")' 2>/dev/null; then fail "the root file system is writable"; fi
  say "the root file system is read-only"
}

start_relay() {
  podman run --detach --name wnmon-test-relay --network none "${hardened[@]}" "$image" mock --port "$relay_port" >/dev/null
  say "reference relay started"
}

start_service() {
  mkdir -p "$work/tmp/config"
  cat >"$work/tmp/config/wnmon.yaml" <<YAML
targets:
  relay:
    base_url: http://127.0.0.1:$relay_port/v1
    api_key: \${WN_API_KEY}
    models: [test-model]
checks:
  alive:
    every: 5s
    timeout: 4s
    prompt: "Reply with only: {{nonce}}"
    request: {stream: true, max_tokens: 64}
    expect: {status: 200, stream: complete, content: {contains: "{{nonce}}"}}
YAML
  chmod -R a+rX "$work/tmp"
  # No command: the image's own.
  podman run --detach --name wnmon-test --network container:wnmon-test-relay "${hardened[@]}" \
    --env WN_API_KEY=sk-image-test-key -v "$work/tmp/config:/etc/wnmon:ro" "$image" >/dev/null
}

metrics() {
  podman exec wnmon-test python -c \
    "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9877/metrics', timeout=5).read().decode())"
}

wait_for_success() {
  for _ in $(seq 60); do
    if metrics 2>/dev/null | grep -q '^wnmon_probe_success{.*} 1'; then say "wnmon_probe_success is 1"; return; fi
    [[ $(podman inspect --format '{{.State.Running}}' wnmon-test) == true ]] || break
    sleep 0.5
  done
  podman logs wnmon-test-relay || true
  podman logs wnmon-test || true
  fail "no successful probe within 30 s"
}

check_health() {
  local asked=HEALTHCHECK
  [[ $(podman image inspect --format '{{.HealthCheck.Test}}' "$image") == "[CMD wnmon healthcheck]" ]] || fail "no HEALTHCHECK"
  podman exec wnmon-test wnmon healthcheck >/dev/null || fail "$asked says unhealthy of a running service"
  if podman exec wnmon-test wnmon healthcheck --url http://127.0.0.1:1/ 2>/dev/null; then
    fail "$asked says healthy of a closed port"
  fi
  say "$asked exits 0, and 1 where nothing listens"
}

check_reload() {
  sed -i 's/every: 5s/every: 6s/' "$work/tmp/config/wnmon.yaml"
  podman kill --signal HUP wnmon-test >/dev/null
  for _ in $(seq 20); do
    if metrics | grep -q '^wnmon_probe_interval_seconds{.*} 6'; then say "SIGHUP took the changed configuration"; return; fi
    sleep 0.5
  done
  fail "SIGHUP did not reload"
}

check_stop() {
  local before after code
  before=$(date +%s.%N)
  podman stop --time 15 wnmon-test >/dev/null
  after=$(date +%s.%N)
  code=$(podman inspect --format '{{.State.ExitCode}}' wnmon-test)
  [[ $code == 0 ]] || { podman logs wnmon-test; fail "SIGTERM gave exit code $code"; }
  say "SIGTERM gave exit code 0 in $(bc <<<"$after - $before") s"
}

need_tools() {
  [[ $EUID == 0 ]] || fail "needs root"
  for tool in buildah podman runc debootstrap bc; do
    type -P "$tool" >/dev/null || fail "$tool is missing: apt-get install buildah podman runc debootstrap bc"
  done
}

begin=$(date +%s.%N)
need_tools
trap clean_up EXIT
remove_containers
make_base
build_image
check_version
check_user
start_relay
start_service
wait_for_success
check_health
check_reload
check_stop
say "all seen as docs/container.md says"

# The image of wnmon. How it was built and what was seen: docs/container.md
ARG BASE_IMAGE=python:3.12-slim

# --- builds the wheel; its tools never reach the final image ---------------------------------------------------------
FROM ${BASE_IMAGE} AS wheel
# Empty means pip's own default. An index that needs a password belongs into a mounted /etc/pip.conf, not in here.
ARG PIP_INDEX_URL=""
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY requirements/build.txt requirements/
RUN pip install --require-hashes --only-binary :all: --requirement requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY checks checks
COPY dashboards dashboards
COPY deploy deploy
COPY wnmon wnmon
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /dist .

# --- puts the pinned dependencies and the wheel into one folder ------------------------------------------------------
FROM ${BASE_IMAGE} AS install
ARG PIP_INDEX_URL=""
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_COMPILE=1
RUN python -m venv --without-pip /opt/wnmon
COPY requirements/runtime.txt /src/requirements/
RUN pip --python /opt/wnmon install --require-hashes --only-binary :all: --requirement /src/requirements/runtime.txt
COPY --from=wheel /dist/ /dist/
RUN pip --python /opt/wnmon install --no-deps --no-index /dist/*.whl \
 # Unchecked: the files never change, and a copied layer may not keep the time stamps that checked bytecode compares.
 && python -m compileall -q --invalidation-mode unchecked-hash /opt/wnmon/lib

# --- what runs -------------------------------------------------------------------------------------------------------
FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="wnmon" \
      org.opencontainers.image.description="Tests and monitors OpenAI-compatible chat-completions relays" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/OWNER/wnmon"
# Public base images carry no bytecode of the standard library and a read-only container cannot keep any; without this
# every start, and so every health check, compiles it anew.
RUN python -m compileall -q --invalidation-mode unchecked-hash \
    -x '/(ensurepip|idlelib|lib2to3|site-packages|tests?|tkinter|turtledemo)/' \
    "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
COPY --from=install /opt/wnmon /opt/wnmon
ENV PATH="/opt/wnmon/bin:${PATH}" PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 XDG_STATE_HOME=/var/lib
# What outlives a restart (docs/operations.md). A new volume takes over the owner.
RUN mkdir -m 0700 /var/lib/wnmon && chown 65532:65532 /var/lib/wnmon
VOLUME ["/var/lib/wnmon"]
WORKDIR /
# A number, so that an orchestrator can prove it is not root without reading /etc/passwd.
USER 65532:65532
EXPOSE 9877
# wnmon drains running probes within 10 s of it and exits 0.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["wnmon", "healthcheck"]
ENTRYPOINT ["wnmon"]
CMD ["serve", "/etc/wnmon/wnmon.yaml", "--listen", "0.0.0.0:9877"]

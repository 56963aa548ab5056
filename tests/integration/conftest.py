"""What tests of the transport share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from tls_samples import Papers, issue, make_authority
from transport_samples import WAYS, Way, going


@pytest.fixture(params=WAYS.values(), ids=WAYS.keys())
def each_way(request: pytest.FixtureRequest) -> Iterator[Way]:
    """Let requests of a test go each way: the same holds, whichever it is."""
    with going(request.param) as way:
        yield way


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """Return an authority of our own."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def good(authority: Papers, tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """Return papers it issued that hold."""
    return issue(authority, tmp_path_factory.mktemp("good"), days=30)

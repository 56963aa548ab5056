"""What tests of the transport share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from transport_samples import WAYS, Way, going


@pytest.fixture(params=WAYS.values(), ids=WAYS.keys())
def each_way(request: pytest.FixtureRequest) -> Iterator[Way]:
    """Let requests of a test go each way: the same holds, whichever it is."""
    with going(request.param) as way:
        yield way

"""The names in a client's certificate, as Python's ssl tells of it."""

from __future__ import annotations

import pytest

from wnmon.web.client_names import names_of


@pytest.mark.parametrize(
    ("pair", "names"),
    [
        (("DNS", "prometheus.example"), {"prometheus.example"}),
        (("email", "me@example.org"), {"me@example.org"}),
        (("URI", "spiffe://example/prometheus"), {"spiffe://example/prometheus"}),
        (("IP Address", "192.0.2.1"), {"192.0.2.1"}),
        (("IP Address", "2001:DB8:0:0:0:0:0:1"), {"2001:db8::1"}),
        (("IP Address", "nonsense"), set()),
        (("DirName", "CN=me"), set()),
    ],
)
def test_a_name_is_written_as_exporter_toolkit_writes_it(pair: tuple[str, str], names: set[str]) -> None:
    assert names_of({"subjectAltName": (pair,)}) == names


def test_a_certificate_without_names_has_none() -> None:
    assert names_of({}) == frozenset()

"""What a scope allows."""

from __future__ import annotations

import pytest

from wnmon.model.web_access import Scope


@pytest.mark.parametrize(
    ("granted", "wanted", "allowed"),
    [
        (Scope.READ, Scope.READ, True),
        (Scope.READ, Scope.ADMIN, False),
        (Scope.ADMIN, Scope.READ, True),
        (Scope.ADMIN, Scope.ADMIN, True),
    ],
)
def test_who_may_do_more_may_do_less(granted: Scope, wanted: Scope, allowed: bool) -> None:
    assert granted.allows(wanted) is allowed

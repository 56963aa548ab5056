"""Every fault by name. To add one, add a row to one of the modules `broken_*`, to `personas`, `picky` or `accounts`."""

from __future__ import annotations

from collections.abc import Iterable

from wnmon.errors import UsageError, did_you_mean
from wnmon.mock import (
    broken_answers,
    broken_bytes,
    broken_honesty,
    broken_http,
    broken_meaning,
    broken_refusals,
    broken_rhythms,
    broken_streams,
)
from wnmon.mock.accounts import ACCOUNTS
from wnmon.mock.azure import AZURE
from wnmon.mock.fault import MockFault
from wnmon.mock.mistral import MISTRAL
from wnmon.mock.personas import PERSONAS
from wnmon.mock.picky import PICKY
from wnmon.mock.rhythms import RHYTHMS
from wnmon.model.said import Said

FAULTS: dict[str, MockFault] = {
    **broken_answers.FAULTS,
    **broken_bytes.FAULTS,
    **broken_streams.FAULTS,
    **broken_rhythms.FAULTS,
    **broken_refusals.FAULTS,
    **broken_meaning.FAULTS,
    **broken_http.FAULTS,
    **broken_honesty.FAULTS,
    **PERSONAS,
    **ACCOUNTS,
    **PICKY,
    "azure-openai": AZURE,
    "mistral-parts": MISTRAL,
    **RHYTHMS,
}


def find_faults(names: Iterable[str]) -> tuple[MockFault, ...]:
    """Return faults by name, in order. Raises UsageError with a suggestion for an unknown one."""
    wanted = tuple(names)
    for name in wanted:
        if name not in FAULTS:
            hint = did_you_mean(name, FAULTS) or Said("mock_see_list")
            raise UsageError(Said("mock_unknown_fault", text=name), hint=hint)
    return tuple(FAULTS[name] for name in wanted)

"""Writes the table of docs/relays.md: each persona of the reference relay, how it is asked, and what that comes to.

`python scripts/persona_table.py [--print]`: with --print the page, to stdout. Whether a row is true,
`tests/acceptance/test_personas.py` finds out by asking each.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from wnmon.mock.faults import FAULTS

PAGE = Path(__file__).parent.parent / "docs" / "relays.md"
MARK = "<!-- personas: written by `make generate` -->\n"
HEAD = (
    "| persona | what it does | options needed | exit | with `--strict` | left unjudged | the report says |\n"
    "|---|---|---|---|---|---|---|\n"
)
MONEY_HEAD = "\n| persona | what it does | `wnmon balance` | exit |\n|---|---|---|---|\n"

ON_BODIES = frozenset(
    {
        *(f"DOC-0{n:02}" for n in (*range(1, 13), 14, 17, 18)),
        *("ERR-006", "DOC-013", "REL-010", "HTTP-001", "HTTP-005", "HTTP-006", "HTTP-007", "HTTP-013", "HTTP-014"),
    }
)
"""Rules on bodies that come in one piece, and those that need them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is wanted of a check of one persona. `path` follows the address of the relay.

    `open`: the rules that are left unjudged because of how the model is, `says` a part of what the report says.
    """

    path: str = ""
    options: tuple[str, ...] = ()
    code: int = 0
    strict: int = 0
    open: frozenset[str] = frozenset()
    says: str = ""


CHECKS = {
    "gpt-5": Wanted(strict=1, says="asked with max_completion_tokens: this model refuses max_tokens"),
    "fixed-temperature": Wanted(strict=1, says="asked without temperature: this model refuses it"),
    "stream-only": Wanted(strict=1, open=ON_BODIES, says="asked for streams only: this model refuses all else"),
    "thinking-first": Wanted(says="asked for up to 2048 tokens: with 16 this model thought, and said nothing"),
    "thinking-flag": Wanted(says="asked with enable_thinking: false: this model wants it"),
    "azure-openai": Wanted(
        path="/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21",
        options=("--auth-header", "api-key"),
    ),
    "mistral-parts": Wanted(),
    "litellm-errors": Wanted(),
    "20-a-minute": Wanted(),
    "balance-sub2api": Wanted(),
}
BALANCES = {
    "balance-new-api": ("2.469134 USD", 0),
    "balance-low": ("0.001 USD", 0),
    "balance-unlimited": ("unlimited", 0),
    "balance-one-api": ("between 7.655 and 20 USD", 0),
    "balance-billing": ("75 CNY", 0),
    "balance-billing-root": ("4000 tokens", 0),
    "balance-billing-unlimited": ("unlimited", 0),
    "balance-sub2api": ("12.5 USD", 0),
    "balance-sub2api-exhausted": ("0 USD", 0),
    "balance-sub2api-unlimited": ("unlimited", 0),
    "balance-error-in-200": ("unknown", 3),
}


def render(page: str) -> str:
    """Return the page with its tables as they are today."""
    before, _, _ = page.partition(MARK)
    rows = "".join(_check_row(name, wanted) for name, wanted in CHECKS.items())
    money = "".join(
        f"| `{name}` | {FAULTS[name].says} | {said} | {code} |\n" for name, (said, code) in BALANCES.items()
    )
    return f"{before}{MARK}{HEAD}{rows}{MONEY_HEAD}{money}"


def _check_row(name: str, wanted: Wanted) -> str:
    options = f"`{' '.join(wanted.options)}`" if wanted.options else "none"
    unjudged = ", ".join(sorted(wanted.open)) or "nothing"
    cells = (f"`{name}`", FAULTS[name].says, options, wanted.code, wanted.strict, unjudged, wanted.says or "-")
    return f"| {' | '.join(map(str, cells))} |\n"


if __name__ == "__main__":
    rendered = render(PAGE.read_text("utf-8"))
    if "--print" in sys.argv[1:]:
        sys.stdout.write(rendered)
    else:
        PAGE.write_text(rendered, "utf-8")

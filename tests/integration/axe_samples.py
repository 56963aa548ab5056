"""What axe-core finds wrong with a page, in words."""

from __future__ import annotations

from functools import cache
from importlib import resources
from itertools import product
from typing import TYPE_CHECKING, Any

from chromium_samples import Scheme

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTHS = (390, 1280)
SCHEMES: tuple[tuple[Scheme, str], ...] = (
    ("light", "{resultTypes: ['violations']}"),
    (
        "dark",
        "{resultTypes: ['violations'], runOnly: {type: 'rule', values: ['color-contrast', 'link-in-text-block']}}",
    ),
)
"""With what axe is to look at: in the dark nothing differs but colours."""


@cache
def axe() -> str:
    """Return axe-core itself, as the distribution of this name ships it."""
    return resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def inspect(page: Page) -> list[str]:
    """Return what axe finds wrong with an open page in each look, of whatever impact: look, impact, rule, element.

    `evaluate` goes by the browser's own door, so no policy of the page has to be switched off.
    """
    page.evaluate(axe())
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    found = []
    for (scheme, options), width in product(SCHEMES, WIDTHS):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        violations = page.evaluate(f"axe.run({options}).then(found => found.violations)")
        found += [line for one in violations for line in _lines(f"{scheme} {width}", one)]
    return found


def _lines(look: str, violation: dict[str, Any]) -> list[str]:
    head = f"{look}: {violation['impact']} {violation['id']}"
    return [f"{head}: {node['target']}: {node['failureSummary']}" for node in violation["nodes"]]

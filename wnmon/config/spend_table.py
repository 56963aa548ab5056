"""What a configuration costs, as tables for a person: the dearest checks, a total per target, each budget."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from wnmon.config.spend import DAYS_PER_MONTH, DailyCost, Share, Spend
from wnmon.model.budget import BILLIONTHS, Limit, Scope, Unit
from wnmon.model.price import show_at_most
from wnmon.model.said import Said, Text, in_language
from wnmon.model.text import columns as columns_of
from wnmon.model.text import width

_SHOWN_ROWS = 20
_DAILY = (Said("spend_requests_day"), Said("spend_tokens_day"), Said("spend_money_day"))
_MONTHLY = (Said("spend_requests_month"), Said("spend_tokens_month"), Said("spend_money_month"))
_HEAD = ("target", "check", *_DAILY, *_MONTHLY, "")
_MONEY = (4, 7)
"""Columns that are left out where no price is known."""
_WHOSE = {Scope.TARGET: "spend_over_target", Scope.KEY: "spend_over_key", Scope.ALL: "spend_over_all"}
_BUDGETS = (Said("spend_budget_of"), Said("spend_limit"), Said("spend_planned"), Said("spend_share"), "")


def render(spend: Spend, lang: str = "en", columns: int | None = None, *, whole: bool = False) -> str:
    """Return a table: the dearest rows, a total per target with its budget, the sum; on the `whole` each limit too.

    Where it is wider than so many columns, each row is a paragraph.
    """
    dearest = sorted(spend.rows, key=lambda row: (-row.tokens_per_day, row.target, row.check))
    total = spend.total()
    lines: list[tuple[Text, ...]] = [_HEAD]
    lines += [_cells(row) for row in dearest[:_SHOWN_ROWS]]
    if len(dearest) > _SHOWN_ROWS:
        lines.append(("…", Said("spend_more", n=len(dearest) - _SHOWN_ROWS), *[""] * (len(_HEAD) - 2)))
    if len(spend.targets) > 1:
        lines += [_cells(spend.total(target), _is_over(_of(spend, target))) for target in spend.targets]
    lines.append(_cells(total, _is_over(spend.over)))
    if not total.money_per_day:
        lines = [tuple(cell for place, cell in enumerate(line) if place not in _MONEY) for line in lines]
    footer = [Said("spend_bounds_money" if total.money_per_day else "spend_bounds")]
    if spend.rechecks:
        footer.append(Said("spend_rechecks", n=spend.rechecks))
    if spend.over and not whole:
        footer.append(Said("spend_over", names=_some([limit_said(share).text(lang) for share in spend.over])))
    if total.money_per_day and total.unpriced:
        footer.append(Said("spend_no_price", names=_some(total.unpriced)))
    costs = _table(lines, 2, lang, columns) + "".join(f"{said.text(lang)}\n" for said in footer)
    return f"{costs}\n{render_budgets(spend, lang, columns)}" if whole and spend.shares else costs


def render_budgets(spend: Spend, lang: str = "en", columns: int | None = None) -> str:
    """Return a table of what the plan takes of each limit; "" where there is none."""
    lines = [_BUDGETS, *(_share_cells(share) for share in spend.shares)]
    return _table(lines, 1, lang, columns) if spend.shares else ""


def limit_said(share: Share) -> Said:
    """Return whose limit this is, by the key it has in the YAML."""
    names = ", ".join(share.targets) if share.limit.scope is not Scope.ALL else ""
    return Said(_WHOSE[share.limit.scope], names=names, name=_key(share.limit))


def _key(limit: Limit) -> str:
    return f"{limit.unit}_per_{limit.period}"


def amount_said(share: Share, amount: int) -> str:
    """Return an amount of what a limit limits, such as `200,000` or `8.64 USD`; money rounded up."""
    if share.limit.unit is not Unit.MONEY:
        return f"{amount:,}"
    return show_at_most({share.limit.currency: Decimal(amount) / BILLIONTHS})


def _of(spend: Spend, target: str) -> list[Share]:
    return [share for share in spend.over if share.limit.scope is Scope.TARGET and share.targets == (target,)]


def _is_over(over: Iterable[Share]) -> Text:
    return Said("spend_is_over") if any(True for _ in over) else ""


def _share_cells(share: Share) -> tuple[Text, ...]:
    limit = share.limit
    most = f"{_key(limit)} {amount_said(share, limit.most)}"
    whom: Text = Said("spend_all") if limit.scope is Scope.ALL else _some(share.targets)
    whom = Said("spend_key_of", names=whom) if limit.scope is Scope.KEY else whom
    return whom, most, amount_said(share, share.planned), f"{share.ratio:,.0%}", _is_over([share] * share.is_over)


def _cells(row: DailyCost, note: Text = "") -> tuple[Text, ...]:
    cells: list[Text] = [row.target or Said("spend_all"), row.check or Said("spend_total")]
    for days in (1, DAYS_PER_MONTH):
        money = {currency: amount * days for currency, amount in row.money_per_day.items()}
        cells += [f"{row.requests_per_day * days:,.0f}", f"{row.tokens_per_day * days:,.0f}", show_at_most(money)]
    return (*cells, note)


def _some(names: Sequence[str]) -> Text:
    shown = ", ".join(names[:_SHOWN_ROWS])
    return Said("spend_some", names=shown, n=len(names) - _SHOWN_ROWS) if len(names) > _SHOWN_ROWS else shown


def _table(lines: Sequence[Sequence[Text]], named: int, lang: str, columns: int | None) -> str:
    """Return the lines of a table, or paragraphs where it is too wide; the first `named` cells say what a line is of.

    Numbers stand to the right; the last cell is a remark.
    """
    table = [[in_language(cell, lang) for cell in line] for line in lines]
    drawn = columns_of(table, right=range(named, len(table[0]) - 1))
    if columns is None or max(map(width, drawn)) <= columns:
        return "".join(f"{line}\n" for line in drawn)
    return "".join(_paragraph(table[0], line, named) for line in table[1:])


def _paragraph(heads: Sequence[str], line: Sequence[str], named: int) -> str:
    told = [
        f"  {head} {cell}".rstrip() for head, cell in zip(heads[named:], line[named:], strict=True) if head and cell
    ]
    remark = [f"  {line[-1]}"] if line[-1] and not heads[-1] else []
    return "".join(f"{one}\n" for one in (" ".join(line[:named]), *told, *remark))

"""The books of a process that keeps nothing: they begin empty, and nobody else spends of them."""

from __future__ import annotations

from wnmon.engine.ports import Account, Grant
from wnmon.engine.room import Spender, Tally, granted_of, spender
from wnmon.model.budget import NOTHING, Amount, Period


class MemoryBooks:
    """The Books port in memory."""

    def __init__(self) -> None:
        self._spent = Tally()
        self._held = Tally()
        self._month_s = 0

    async def grant(self, account: Account, need: Amount, most: Amount) -> Grant:
        """Grant the most where there is plenty, else what is needed, nothing where not even that is left."""
        self._forget_months_before(account.periods[Period.MONTH].hours_from_s)
        who = _who(account)
        grant = granted_of(
            account,
            lambda scope, period: sum(
                (
                    tally.used(who.account(scope), account.periods[period], who.currency)
                    for tally in (self._spent, self._held)
                ),
                NOTHING,
            ),
            need,
            most,
        )
        self._held.add(who, grant.granted)
        return grant

    def hold(self, account: Account, amount: Amount) -> None:
        """Take note of what is granted without asking."""
        self._held.add(_who(account), amount)

    def spend(self, account: Account, spent: Amount, of_grant: Amount) -> None:
        """Book what was spent, and take so much off what is granted."""
        self._spent.add(_who(account), spent)
        self._held.add(_who(account), NOTHING - of_grant)

    def give_back(self, account: Account, unspent: Amount) -> None:
        """Give back what was granted and is held for nothing."""
        self._held.add(_who(account), NOTHING - unspent)

    def _forget_months_before(self, month_s: int) -> None:
        """Forget what no limit asks for any more. What is held for an answer on its way stays."""
        if month_s > self._month_s:
            self._month_s = month_s
            self._spent.forget_before(month_s)


def _who(account: Account) -> Spender:
    key = account.target.api_key
    return spender(account, "" if key is None else str(hash(key)))

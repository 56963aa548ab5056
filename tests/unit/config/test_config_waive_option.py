"""`--waive RULE=REASON@DATE` is an entry of `waive`, and a slip in it is never silent."""

from __future__ import annotations

import pytest

from wnmon.config.named_target import NamedTarget
from wnmon.config.targets import adhoc_target
from wnmon.config.waive_option import read_waiver, waiving
from wnmon.errors import UsageError
from wnmon.model.target import Waiver

KEY = "sk-4f7Qz9Lm2Xc8Vb1Nn3WwTt6Rr5Yy0Uu"


@pytest.mark.parametrize(
    ("text", "rule", "reason", "until"),
    [
        ("DOC-009=known@2027-01-31", "DOC-009", "known", "2027-01-31"),
        ("doc-009=known@2027-01-31", "DOC-009", "known", "2027-01-31"),
        ("DOC-009=a=b, see c@d@2027-01-31", "DOC-009", "a=b, see c@d", "2027-01-31"),
        (" DOC-009 = 上游没有指纹 @ 2027-01-31 ", "DOC-009", "上游没有指纹", "2027-01-31"),
        ("DOC-009=known@2001-01-31", "DOC-009", "known", "2001-01-31"),
    ],
)
def test_a_waiver_is_read(text: str, rule: str, reason: str, until: str) -> None:
    assert read_waiver(text) == Waiver(rule=rule, reason=reason, until=until)


FORM = "expected RULE=REASON@DATE such as DOC-009=no fingerprint upstream@2027-01-31, not "
BAD = {
    "": f"{FORM}''",
    "DOC-009": f"{FORM}'DOC-009'",
    "DOC-009=known": f"{FORM}'DOC-009=known'",
    "DOC-009@2027-01-31": f"{FORM}'DOC-009@2027-01-31'",
    "=known@2027-01-31": f"{FORM}'=known@2027-01-31'",
    "STR-*=known@2027-01-31": f"{FORM}'STR-*=known@2027-01-31'",
    "doc9=known@2027-01-31": f"{FORM}'doc9=known@2027-01-31'",
    "DOC-009=@2027-01-31": "expected why DOC-009 need not hold, between = and @",
    "DOC-009= @2027-01-31": "expected why DOC-009 need not hold, between = and @",
    "DOC-009=known@": "expected a day such as 2027-01-31 after the last @, not ''",
    "DOC-009=known@2027-02-30": "expected a day such as 2027-01-31 after the last @, not '2027-02-30'",
    "DOC-009=known@20270131": "expected a day such as 2027-01-31 after the last @, not '20270131'",
    "DOC-009=known@soon": "expected a day such as 2027-01-31 after the last @, not 'soon'",
    f"DOC-009={KEY}@2027-01-31": "expected a reason without what looks like a key: reports show it",
}


@pytest.mark.parametrize(("text", "said"), BAD.items(), ids=range(len(BAD)))
def test_what_is_no_waiver_is_refused_with_what_may_stand_there(text: str, said: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - its sentence is compared
        read_waiver(text)

    assert str(refused.value.args[0]) == said


def waiver(rule: str, reason: str = "known") -> Waiver:
    return Waiver(rule=rule, reason=reason, until="2027-01-31")


def waived(*waivers: Waiver, by_target: tuple[Waiver, ...] = ()) -> tuple[Waiver, ...]:
    target = adhoc_target("https://relay.example", ("m",))
    named = NamedTarget(target=target, models=target.models)
    if by_target:
        named = waiving(named, by_target, ["A-1", "A-2"], list)
    return waiving(named, waivers, ["A-1", "A-2"], lambda: ["DOC-009"]).target.waivers


def test_a_rule_that_is_judged_may_be_waived() -> None:
    assert waived(waiver("A-1")) == (waiver("A-1"),)


def test_a_built_in_rule_may_be_waived_where_it_is_not_judged() -> None:
    assert waived(waiver("DOC-009")) == (waiver("DOC-009"),)


def test_what_the_target_waives_stays() -> None:
    assert waived(waiver("A-1"), by_target=(waiver("A-2"),)) == (waiver("A-2"), waiver("A-1"))


def test_the_command_line_has_the_last_word_on_a_rule() -> None:
    assert waived(waiver("A-1", "new"), by_target=(waiver("A-1", "old"),)) == (waiver("A-1", "new"),)


def test_a_rule_is_waived_once() -> None:
    with pytest.raises(UsageError, match="--waive: A-1 is waived twice"):
        waived(waiver("A-1"), waiver("A-1", "again"))


def test_a_misspelt_rule_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="--waive: no suite has a rule DOC-09") as refused:
        waived(waiver("DOC-09"))

    assert str(refused.value.hint) == 'did you mean "DOC-009"?'

"""What goes between the service and its sensors: terms that many jobs share are written once."""

from __future__ import annotations

from wnmon.model.check import Caps, Timeouts
from wnmon.model.target import Secret, Target
from wnmon.transport.handover import WrittenTerms, terms_of

TARGET = Target(name="t", url="https://t.example/v1", host="t", models=("m",), api_key=Secret("sk-once", "api_key"))
TIMEOUTS, CAPS = Timeouts(), Caps()


def test_terms_travel_unchanged() -> None:
    read = terms_of(WrittenTerms().of(TARGET, TIMEOUTS, CAPS))

    assert (read.target, read.timeouts, read.caps) == (TARGET, TIMEOUTS, CAPS)


def test_the_key_of_a_target_travels_to_who_sends_it() -> None:
    read = terms_of(WrittenTerms().of(TARGET, TIMEOUTS, CAPS))

    assert read.target.api_key is not None
    assert read.target.api_key.reveal() == "sk-once"


def test_terms_are_written_once_for_all_jobs_that_share_them() -> None:
    terms = WrittenTerms()

    assert terms.of(TARGET, TIMEOUTS, CAPS) is terms.of(TARGET, TIMEOUTS, CAPS)


def test_other_limits_are_other_terms() -> None:
    terms = WrittenTerms()
    before = terms.of(TARGET, TIMEOUTS, CAPS)

    assert terms_of(terms.of(TARGET, Timeouts(total_s=7.0), CAPS)).timeouts != terms_of(before).timeouts


def test_of_ever_new_terms_only_so_many_are_kept() -> None:
    terms = WrittenTerms()
    kept = [Timeouts(total_s=1.0 + number) for number in range(WrittenTerms.MOST + 1)]
    first = terms.of(TARGET, kept[0], CAPS)
    for timeouts in kept[1:]:
        terms.of(TARGET, timeouts, CAPS)

    assert terms.of(TARGET, kept[0], CAPS) is not first

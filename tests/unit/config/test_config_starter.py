"""The first configuration: one template in both languages, right as it is written."""

from __future__ import annotations

import re

import pytest

from wnmon.config import plan_spend, render
from wnmon.config.starter import First, as_written, starter
from wnmon.model.language import LANGUAGES

ENV = {"WN_API_KEY": "sk-0123456789abcdef", "MY_KEY": "sk-0123456789abcdef"}
ODD = ("a b", "true", "1", "- x", "名", 'q"uote', "a: b", "gpt-4o #1", "org/model:free", "\u202ex")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_asks_the_same_in_both_languages(lang: str) -> None:
    assert render(plan_spend(as_written(starter(lang), ENV))) == render(plan_spend(as_written(starter(), ENV)))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_mark_and_no_hole_of_the_template_is_left(lang: str) -> None:
    assert re.findall(r"#(?:en|zh)|<[a-z_]+>", starter(lang)) == []


def test_every_comment_is_said_in_both_languages() -> None:
    counts = [len(re.findall(r"^ *#", starter(lang), re.MULTILINE)) for lang in LANGUAGES]

    assert counts == [counts[0]] * len(LANGUAGES)


@pytest.mark.parametrize("model", ODD)
def test_any_name_of_a_model_is_written_so_that_it_is_read_back(model: str) -> None:
    assert as_written(starter("en", First(models=(model,))), ENV).targets[0].models == (model,)


def test_every_value_is_where_it_belongs() -> None:
    first = First(
        base_url="http://127.0.0.1:8080/v1?api-version=2024-06-01",
        key_variable="MY_KEY",
        models=("a-1", "b-2"),
        tokens_per_day=7,
        every="1h",
    )
    config = as_written(starter("en", first), ENV)

    (target,) = config.targets
    assert (target.host, target.models, target.budget.tokens_per_day) == ("127.0.0.1:8080", first.models, 7)
    assert {check.name: check.every_s for check in config.checks}["alive"] == 3600


def test_a_key_file_is_written_so_that_it_is_read_back() -> None:
    text = starter("en", First(key_variable=None, key_file="/run/it's: a key"))

    assert ("""api_key: {file: "/run/it's: a key"}\n""" in text, bool(as_written(text, {}).targets[0].api_key)) == (
        True,
        True,
    )


def test_without_a_key_none_is_written() -> None:
    text = starter("en", First(key_variable=None))

    assert ("api_key" in text, "key itself" in text, as_written(text, {}).targets[0].api_key) == (False, False, None)


def test_it_stays_within_its_own_budget() -> None:
    assert plan_spend(as_written(starter(), ENV)).total().tokens_per_day <= First().tokens_per_day


def test_it_sets_objectives_for_being_up_being_quick_and_keeping_the_contract() -> None:
    named = {slo.name: slo.indicator.value for probe in as_written(starter(), ENV).probes for slo in probe.slos}

    assert named == {"available": "availability", "quick": "ttft", "kept": "conformance"}

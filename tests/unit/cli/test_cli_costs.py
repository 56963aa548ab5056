"""What the built-in suites cost at worst, and how `--dry-run` says it. The limits of both kinds of run are promises."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from wnmon.app.check import Selection
from wnmon.cli.calls import PlannedCall, calls_of
from wnmon.cli.check import command
from wnmon.cli.suites import load, names_of
from wnmon.config import adhoc_target, built_in_suites
from wnmon.config.named_target import NamedTarget
from wnmon.config.shipped import DEFAULT_SUITES

RELAY = ["--base-url", "https://relay.example", "--model", "m", "--dry-run"]


def calls(*, full: bool) -> list[PlannedCall]:
    """Return what a run without a named suite sends to a relay that claims everything and speaks https."""
    names = names_of((), full=full)
    plans = load(names)
    claimed = frozenset(step.feature for plan in plans for step in plan.steps if step.feature is not None)
    target = replace(adhoc_target("https://relay.example", ("m",), "sk-0123456789abcdef"), features=claimed)
    return calls_of(NamedTarget(target=target, models=("m",)), Selection(plans=plans, names=names, full=full))


def tokens(sent: list[PlannedCall]) -> int:
    return sum(call.copies * (call.input_tokens + call.output_tokens) for call in sent)


def dry_run(*arguments: str) -> list[str]:
    done = CliRunner().invoke(command, [*RELAY, *arguments])
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


def priced(folder: Path, more: str, *options: str) -> list[str]:
    """Return what a dry run of one request says for a target with more members."""
    suite, config = folder / "mine.yaml", folder / "wnmon.yaml"
    suite.write_text(
        "suite: mine\n"
        "requests:\n"
        "  plain: {prompt: abcd, request: {max_tokens: 10}}\n"
        "  cut: {body: '{\"messages\": [', lint: off, risk: refused}\n"
        "rules:\n"
        "  MY-001: {on: [plain, cut], levels: {mine: MUST}, says: {en: one}, source: us, expect: {status: 4xx}}\n",
        encoding="utf-8",
    )
    config.write_text(
        f"targets:\n  wn: {{base_url: https://relay.example, models: [m, n], {more}}}\n", encoding="utf-8"
    )
    done = CliRunner().invoke(command, [str(suite), "-c", str(config), "--full", "--dry-run", *options])
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


# The two promises


def test_a_default_run_makes_at_most_12_calls() -> None:
    assert 0 < sum(call.copies for call in calls(full=False)) <= 12


def test_a_default_run_costs_at_most_2000_tokens() -> None:
    assert 0 < tokens(calls(full=False)) <= 2_000


def test_a_full_run_makes_at_most_90_calls() -> None:
    assert 12 < sum(call.copies for call in calls(full=True)) <= 90


def test_a_full_run_costs_at_most_10000_tokens() -> None:
    assert 2_000 < tokens(calls(full=True)) <= 10_000


def test_no_answer_wnmon_wants_is_without_a_limit() -> None:
    assert [call.step.name for call in calls(full=True) if call.output_tokens >= 4_096] == []


def test_the_example_of_the_page_is_sent_with_its_own_limit() -> None:
    (example,) = (call.step for call in calls(full=False) if call.step.name == "example_streamed")

    assert example.body["max_tokens"] == 1024


# Which suites


def test_a_default_run_judges_the_page_the_stream_and_http() -> None:
    assert names_of((), full=False) == ("builtin:documented", "builtin:stream", "builtin:http")


def test_a_full_run_judges_every_suite_but_the_limits() -> None:
    suites = {f"builtin:{plan.suite}" for plan in built_in_suites()}

    assert set(names_of((), full=True)) == suites - {"builtin:limits"}


def test_a_full_run_begins_with_the_default_suites() -> None:
    assert names_of((), full=True)[: len(DEFAULT_SUITES)] == DEFAULT_SUITES


def test_a_full_run_ends_with_the_most_requests_to_be_refused() -> None:
    assert names_of((), full=True)[-1] == "builtin:refusals"


@pytest.mark.parametrize("full", [False, True])
def test_named_suites_are_judged_as_named(full: bool) -> None:
    assert names_of(("builtin:limits", "mine.yaml", "builtin:limits"), full=full) == ("builtin:limits", "mine.yaml")


# How it is said


def test_what_an_answer_to_a_refused_request_would_cost_is_told_apart() -> None:
    assert dry_run("--full")[-1] == "up to 20480 tokens more if the relay answers what it must refuse"


def test_a_refused_request_without_a_limit_counts_with_its_input() -> None:
    (line,) = (line for line in dry_run("--full") if "/max_tokens_zero " in line)

    assert "  up to 48 in, 0 out (4096 if answered)  " in line


def test_a_risky_request_says_its_risk() -> None:
    (line,) = (line for line in dry_run("--full") if "/wrong_key " in line)

    assert line.endswith("  risk: refused")


def test_a_default_run_has_no_such_part() -> None:
    assert dry_run()[-1].startswith("8 calls, at most ")


def test_a_burst_counts_with_every_copy() -> None:
    assert [line for line in dry_run("builtin:limits", "--full") if ", 6 times at once" in line]


def test_money_is_shown_where_prices_are_known(tmp_path: Path) -> None:
    lines = priced(tmp_path, "prices: {currency: USD, input: 100, output: 1000}")

    assert lines[-2:] == [
        "4 calls, at most 88 tokens, at most 0.0268 USD; nothing was sent",
        "up to 8192 tokens, 8.20 USD, more if the relay answers what it must refuse",
    ]


def test_models_without_a_price_are_named(tmp_path: Path) -> None:
    lines = priced(tmp_path, "prices: {currency: USD, models: {m: {input: 100, output: 1000}}}")

    assert lines[-3:] == [
        "4 calls, at most 88 tokens, at most 0.0134 USD; nothing was sent",
        "up to 8192 tokens, 4.10 USD, more if the relay answers what it must refuse",
        "no price is known for n",
    ]


def test_without_prices_no_money_is_spoken_of(tmp_path: Path) -> None:
    assert priced(tmp_path, "concurrency: 2")[-2] == "4 calls, at most 88 tokens; nothing was sent"


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", "4 calls at 20 requests a minute: about 9 s"), ("zh", "4 次调用，每分钟 20 次请求：约需 9 s")],
)
def test_a_dry_run_says_how_long_the_pace_makes_it(lang: str, said: str, tmp_path: Path) -> None:
    assert said in priced(tmp_path, "requests_per_minute: 20", "--lang", lang)


def test_a_dry_run_says_what_the_pace_of_tokens_may_add(tmp_path: Path) -> None:
    lines = priced(tmp_path, "tokens_per_minute: 40")

    assert "at most 88 tokens at 40 tokens a minute: up to about 2m" in lines


def test_a_pace_that_holds_nothing_up_is_not_spoken_of(tmp_path: Path) -> None:
    assert not [line for line in priced(tmp_path, "requests_per_minute: 6000") if "a minute" in line]


def test_a_budget_that_may_end_the_check_is_named() -> None:
    assert dry_run("--budget-tokens", "500")[-1] == "--budget-tokens 500 may end the check earlier"


def test_a_budget_that_holds_everything_is_not() -> None:
    assert dry_run("--budget-tokens", "2000")[-1].endswith("; nothing was sent")


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_a_budget_is_a_positive_number(number: str) -> None:
    assert CliRunner().invoke(command, [*RELAY, "--budget-tokens", number]).exit_code == 2


def test_one_call_is_no_plural() -> None:
    assert dry_run("--only", "DOC-001", "--lang", "en")[-1].startswith("1 call, at most ")


def test_it_is_said_in_chinese_too(tmp_path: Path) -> None:
    shown = "\n".join(dry_run("builtin:documented", "builtin:limits", "--lang", "zh", "--budget-tokens", "1"))

    for english in ("up to", "not sent", "at most", "calls", "needs", "may end"):
        assert english not in shown
    assert "不发送：需要 --full" in shown

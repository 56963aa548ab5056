"""`wnmon init` and `wnmon validate --probe` against relays of the reference: from a URL to a verdict on each model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from account_relays import ENV, KEY, MODELS, invoke, relay
from click.testing import Result

from wnmon.cli.init import command as init
from wnmon.cli.interview import Given, Interview
from wnmon.cli.validate import command as validate
from wnmon.config import load_config
from wnmon.errors import UsageError

DEAD = "http://127.0.0.1:9"


def typing(*lines: str) -> Callable[[str], str]:
    left = iter(lines)
    return lambda _prompt: f"{next(left)}\n"


def interviewed(*choices: str, names: tuple[str, ...] = ("gpt-4o", "gpt-4o-mini", "text-embedding-3-small")) -> str:
    """Return which models come of these answers, at a relay that offers some."""
    with relay(names=names) as running:
        read = typing(running.url, "", *choices, "")
        return ", ".join(Interview(given=Given(), env=ENV, lang="en", read=read).first().models)


CHOICES = {
    "a number": (["2"], "gpt-4o-mini"),
    "several": (["2,gpt-4o"], "gpt-4o-mini, gpt-4o"),
    "Chinese commas": (["1，gpt-4o-mini、1"], "gpt-4o, gpt-4o-mini"),
    "Enter": ([""], "gpt-4o"),
    "a name that is not offered": (["gpt-5", "1"], "gpt-4o"),
    "a number that is none": (["0", "3", "99999999999", "1"], "gpt-4o"),
    "what does not chat": (["text-embedding-3-small", "1"], "gpt-4o"),
}


@pytest.mark.parametrize(("choices", "models"), CHOICES.values(), ids=CHOICES)
def test_models_are_chosen_of_those_the_relay_offers(choices: list[str], models: str) -> None:
    assert interviewed(*choices) == models


def written(tmp_path: Path, *options: str) -> Result:
    return invoke(init, [str(tmp_path / "wnmon.yaml"), *options])


def test_without_a_person_a_model_the_relay_offers_is_taken_and_told(tmp_path: Path) -> None:
    with relay() as running:
        done = written(tmp_path, "--base-url", running.url)

    (target,) = load_config(tmp_path / "wnmon.yaml", ENV).targets
    assert (done.exit_code, target.models, "--model names others" in done.stderr) == (0, (MODELS[0],), True)


def test_the_key_is_not_written(tmp_path: Path) -> None:
    with relay() as running:
        written(tmp_path, "--base-url", running.url)

    assert KEY not in (tmp_path / "wnmon.yaml").read_text("utf-8")


def test_a_relay_that_cannot_be_asked_is_no_end(tmp_path: Path) -> None:
    done = written(tmp_path, "--base-url", DEAD)

    assert (done.exit_code, "going on without the list" in done.stderr) == (0, True)


def test_nothing_is_asked_where_the_models_are_named(tmp_path: Path) -> None:
    with relay() as running:
        written(tmp_path, "--base-url", running.url, "--model", "a,b")
        seen = list(running.requests)

    assert seen == []


def test_what_is_wrong_leaves_no_file(tmp_path: Path) -> None:
    done = written(tmp_path, "--base-url", DEAD, "--model", "m", "--every", "1ms")

    assert (done.exit_code, list(tmp_path.iterdir())) == (2, [])


def test_a_path_that_the_system_does_not_take_is_refused_in_words(tmp_path: Path) -> None:
    done = invoke(init, [str(tmp_path / ("a" * 300))])

    assert isinstance(done.exception, UsageError)


def test_a_curl_command_goes_with_no_other_option(tmp_path: Path) -> None:
    done = written(tmp_path, "--base-url", DEAD, "--from-curl", "page.txt")

    assert (done.exit_code, list(tmp_path.iterdir())) == (2, [])


def probed(
    tmp_path: Path,
    *options: str,
    faults: tuple[str, ...] = (),
    key: str = KEY,
    models: str = MODELS[0],
    tokens: int = 200_000,
) -> Result:
    """Return what is said of a relay that knows gpt-4o-mini and an embedding, and takes this key."""
    with relay(*faults, key=key) as running:
        written(tmp_path, "--base-url", running.url, "--model", models, "--tokens-per-day", str(tokens))
        return invoke(validate, [str(tmp_path / "wnmon.yaml"), "--probe", *options])


def test_a_model_that_answers_is_alive_with_its_first_token(tmp_path: Path) -> None:
    done = probed(tmp_path, "--yes")

    line = next(line for line in done.stdout.splitlines() if line.startswith(f"wn/{MODELS[0]}"))
    assert (done.exit_code, line.startswith(f"wn/{MODELS[0]}  alive  first token after ")) == (0, True)


TROUBLE: dict[str, tuple[tuple[str, ...], str, list[str]]] = {
    "wrong key": ((), "sk-another-key-0123456789", ["refused", "key refused: ", "→ check the key: "]),
    "no channel": (("500",), KEY, ["down", "relay error: ", "→ try again later"]),
}


@pytest.mark.parametrize(("faults", "key", "said"), TROUBLE.values(), ids=TROUBLE)
def test_a_model_that_does_not_answer_is_told_with_what_to_do(
    faults: tuple[str, ...], key: str, said: list[str], tmp_path: Path
) -> None:
    done = probed(tmp_path, "--yes", faults=faults, key=key)

    assert (done.exit_code, [one for one in said if one not in done.stdout]) == (3, []), done.stdout


def test_a_budget_too_small_for_one_question_is_not_called_used_up(tmp_path: Path) -> None:
    done = probed(tmp_path, "--yes", "--lang", "en", tokens=5)

    assert (done.exit_code, "no room for this is left within targets.wn.budget.tokens_per_day" in done.stdout) == (
        3,
        True,
    )


def test_one_model_of_two_is_not_all(tmp_path: Path) -> None:
    done = probed(tmp_path, "--yes", models=f"{MODELS[0]},nowhere")

    assert (done.exit_code, "models that answer: 1 of 2" in done.stdout) == (3, True)


def test_nothing_is_sent_before_somebody_agrees(tmp_path: Path) -> None:
    with relay() as running:
        written(tmp_path, "--base-url", running.url, "--model", MODELS[0])
        done = invoke(validate, [str(tmp_path / "wnmon.yaml"), "--probe"])
        seen = list(running.requests)

    assert (done.exit_code, seen, "one for each model: 1, at most" in done.stderr) == (2, [], True)


def test_a_key_that_is_missing_ends_it_before_anything_is_sent(tmp_path: Path) -> None:
    with relay() as running:
        written(tmp_path, "--base-url", running.url, "--model", MODELS[0], "--key-variable", "MISSING_KEY")
        done = invoke(validate, [str(tmp_path / "wnmon.yaml"), "--probe", "--yes"])
        seen = list(running.requests)

    assert (done.exit_code, seen, "MISSING_KEY is not set" in str(done.exception)) == (2, [], True)


def test_a_budget_holds_for_the_question_too(tmp_path: Path) -> None:
    with relay() as running:
        written(tmp_path, "--base-url", running.url, "--model", MODELS[0], "--tokens-per-day", "5")
        done = invoke(validate, [str(tmp_path / "wnmon.yaml"), "--probe", "--yes"])
        seen = list(running.requests)

    assert (done.exit_code, seen, "not asked" in done.stdout) == (3, [], True)


def test_what_a_relay_quotes_of_a_key_is_not_shown(tmp_path: Path) -> None:
    done = probed(tmp_path, "--yes", faults=("echo-key",), key="sk-another-key-0123456789")

    assert (done.exit_code, KEY in done.output) == (3, False)


@pytest.mark.parametrize("arguments", [["--yes"], ["builtin:stream", "--probe", "--yes"]], ids=["alone", "a suite"])
def test_options_that_ask_nobody_are_refused(arguments: list[str]) -> None:
    assert invoke(validate, arguments).exit_code == 2


def test_a_suite_beside_a_configuration_is_only_checked(tmp_path: Path) -> None:
    with relay() as running:
        written(tmp_path, "--base-url", running.url, "--model", MODELS[0])
        done = invoke(validate, [str(tmp_path / "wnmon.yaml"), "builtin:stream", "--probe", "--yes"])

    assert done.exit_code == 0

"""The questions of `wnmon init`: every answer is checked at once, a wrong one asked again, and none is a key."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from wnmon.cli.interview import Given, Interview
from wnmon.config.named_target import NamedTarget
from wnmon.config.starter import First
from wnmon.errors import UsageError
from wnmon.model.result import Reason
from wnmon.wire.listing import Listing, Offer
from wnmon.wire.opened import Untold

KEY = f"sk-{secrets.token_hex(20)}"
DRAWN = secrets.token_hex(16)
WORDS = "correct-horse-battery-staple"
ENV = {"WN_API_KEY": KEY, "RELAY_TOKEN": WORDS, "HOST": "http://127.0.0.1:9"}
ENV |= {"HOME": "/root", "PATH": "/usr/bin:/bin", "SSH_AUTH_SOCK": "/tmp/agent.1", "LANG": "zh_CN.UTF-8", "PS1": "$ "}
NOBODY = "http://127.0.0.1:9"
RIGHT = {"base_url": NOBODY, "key_variable": "WN_API_KEY", "models": "m", "tokens_per_day": "500000"}


def typing(*lines: str) -> Callable[[str], str]:
    """Return what types these lines, one at each prompt."""
    left = iter(lines)
    return lambda _prompt: f"{next(left)}\n"


def deaf(_relay: NamedTarget) -> Untold:
    return Untold(why="nobody listens", reason=Reason.CONNECT)


def interviewed(**answers: list[str]) -> First:
    """Return what comes of the right answers, those given typed before each; the relay tells nothing."""
    lines = [line for name, right in RIGHT.items() for line in (*answers.get(name, []), right)]
    return Interview(given=Given(), env=ENV, lang="en", read=typing(*lines), list_models=deaf).first()


def of_options(**options: Any) -> First:
    return Interview(given=Given(**{"base_url": NOBODY, "models": ("m",), **options}), env=ENV, lang="en").first()


def test_answers_become_the_first_configuration() -> None:
    assert interviewed() == First(base_url=NOBODY, key_variable="WN_API_KEY", models=("m",), tokens_per_day=500_000)


WRONG = {
    "no URL": ("base_url", "", "expected the base URL of the relay"),
    "another scheme": ("base_url", "ftp://relay.example", "expected https:// or http://, not ftp://"),
    "a variable that is not set": ("base_url", "${NOWHERE}", "NOWHERE is not set"),
    "a key in the path": ("base_url", f"https://relay.example/{KEY}/v1", "a key stands there"),
    "a key beside a variable": ("base_url", f"${{HOST}}/{KEY}/v1", "a key stands there"),
    "a key in the query": ("base_url", f"https://relay.example/?key={DRAWN}", "a key stands there"),
    "a key of words": ("base_url", f"https://relay.example/{WORDS}", "a key stands there"),
    "a key for a host": ("base_url", f"https://{KEY}", "hint: put the key into api_key"),
    "the key for its variable": ("key_variable", KEY, "expected the name of a variable"),
    "a drawn one for its variable": ("key_variable", f"k{DRAWN}", "expected the name of a variable"),
    "words for its variable": ("key_variable", "correcthorsebatterystaple", "expected the name of a variable"),
    "a reference for its variable": ("key_variable", "${WN_API_KEY}", "expected the name of a variable"),
    "a variable that says nothing": ("key_variable", "MY_RELAY", "expected the name of a variable"),
    "a variable that holds a path": ("key_variable", "HOME", "that variable holds a path or an address"),
    "a variable that holds paths": ("key_variable", "PATH", "that variable holds a path or an address"),
    "a variable that holds an address": ("key_variable", "HOST", "that variable holds a path or an address"),
    "a telling name of a path": ("key_variable", "SSH_AUTH_SOCK", "that variable holds a path or an address"),
    "a variable that holds a word": ("key_variable", "LANG", "neither the name of that variable nor what it holds"),
    "a variable that holds a sentence": ("key_variable", "PS1", "neither the name of that variable nor what it holds"),
    "a key below a folder for its file": ("key_variable", f"./{KEY}", "expected the path of a file"),
    "an address of a key": ("key_variable", "https://relay.example/key", "expected the name of a variable"),
    "no model": ("models", ",", "expected the name of a model"),
    "a key for a model": ("models", f"m,{KEY}", "a key stands there"),
    "a key of words for a model": ("models", WORDS, "a key stands there"),
    "no tokens": ("tokens_per_day", "0", "expected a whole number of tokens above 0"),
    "tokens below none": ("tokens_per_day", "-5", "expected a whole number of tokens above 0"),
    "a fraction of tokens": ("tokens_per_day", "1.5", "expected a whole number of tokens above 0"),
    "too many tokens": ("tokens_per_day", "9" * 16, "expected a whole number of tokens above 0"),
    "a key for tokens": ("tokens_per_day", KEY, "expected a whole number of tokens above 0"),
}


@pytest.mark.parametrize(("name", "answer", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_answer_is_told_unquoted_and_asked_again(
    name: str, answer: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first = interviewed(**{name: [answer]})

    told = capsys.readouterr().err
    assert (first == interviewed(), said in told) == (True, True), told
    assert [one for one in (KEY, DRAWN, WORDS) if one in told] == []


OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "URL": ({"base_url": f"https://relay.example/{KEY}/v1"}, "--base-url: a key stands there"),
    "variable": ({"key_variable": KEY}, "--key-variable: expected the name of a variable"),
    "variable of something else": ({"key_variable": "HOME"}, "--key-variable: that variable holds a path"),
    "key for its file": ({"key_file": KEY}, "--key-file: expected the path of a file that holds the key"),
    "key below a folder": ({"key_file": f"./{KEY}"}, "--key-file: expected the path of a file that holds the key"),
    "words for its file": ({"key_file": WORDS}, "--key-file: expected the path of a file that holds the key"),
    "no path of its file": ({"key_file": ""}, "--key-file: expected the path of a file that holds the key"),
    "folder for its file": ({"key_file": "/"}, "--key-file: "),
    "unset variable in the path of its file": ({"key_file": "${NOWHERE}/key"}, "--key-file: "),
    "model": ({"models": (KEY,)}, "--model: a key stands there"),
    "interval": ({"every": "1ms"}, "that makes no configuration: "),
}


@pytest.mark.parametrize(("options", "said"), OPTIONS.values(), ids=OPTIONS)
def test_a_wrong_option_is_refused_unquoted(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        of_options(**options)

    assert (said in str(refused.value), KEY in f"{refused.value} {refused.value.hint}") == (True, False)


def test_an_option_is_not_asked() -> None:
    given = Given(base_url=NOBODY, key_variable="WN_API_KEY", models=("m",), tokens_per_day=500_000)

    assert Interview(given=given, env=ENV, lang="en", read=typing()).first() == interviewed()


def test_without_options_and_without_a_person_it_is_the_starter_file() -> None:
    assert Interview(given=Given(), env={"OPENAI_API_KEY": KEY}, lang="en").first() == First()


@pytest.mark.parametrize("name", ["WN_API_KEY", "WNMON_API_KEY", "OPENAI_API_KEY"])
def test_the_variable_that_is_set_is_the_default(name: str) -> None:
    given = Given(base_url=NOBODY, models=("m",))

    assert Interview(given=given, env={name: KEY}, lang="en").first().key_variable == name


@pytest.mark.parametrize(
    ("name", "value"),
    [("RELAY", KEY), ("RELAY_TOKEN", WORDS), ("MY_KEY", "1234"), ("MY_KEY", "EMPTY"), ("MY_KEY", "a1B2/c3D4e5F6+7g==")],
)
def test_a_variable_is_taken_by_its_name_or_by_what_it_holds(name: str, value: str) -> None:
    given = Given(base_url=NOBODY, models=("m",), key_variable=name)

    assert Interview(given=given, env={name: value}, lang="en").first().key_variable == name


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "relay-key"
    path.write_text(f"{KEY}\n", encoding="utf-8")
    return path


def test_a_key_file_stands_in_place_of_a_variable(key_file: Path) -> None:
    first = of_options(key_file=str(key_file))

    assert (first.key_variable, first.key_file) == (None, str(key_file))


def test_a_path_at_the_question_is_that_of_a_key_file(key_file: Path) -> None:
    read = typing(NOBODY, str(key_file), "m", "500000")

    assert Interview(given=Given(), env=ENV, lang="en", read=read, list_models=deaf).first().key_file == str(key_file)


def test_a_relay_is_asked_for_its_models_with_the_key_of_a_file(key_file: Path) -> None:
    asked: list[NamedTarget] = []

    def listed(relay: NamedTarget) -> Listing:
        asked.append(relay)
        return Listing(offers=(Offer(name="m"),), whole=True)

    given = Given(base_url=NOBODY, key_file=str(key_file))
    Interview(given=given, env=ENV, lang="en", list_models=listed).first()
    assert [one.target.api_key and one.target.api_key.reveal() for one in asked] == [KEY]


def test_a_key_file_may_be_mounted_later(tmp_path: Path) -> None:
    assert of_options(key_file=str(tmp_path / "later")).key_file == str(tmp_path / "later")


def test_a_relative_key_file_is_one_of_the_working_folder(
    key_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = Given(base_url=NOBODY, models=("m",), key_file=key_file.name)
    folders = (Path(), tmp_path / "elsewhere")

    made = [Interview(given=given, env=ENV, lang="en", folder=folder).first().key_file for folder in folders]
    assert made == [key_file.name, str(key_file)]


def test_home_is_known_at_the_question(key_file: Path) -> None:
    env = {**ENV, "HOME": str(key_file.parent)}
    read = typing(NOBODY, f"~/{key_file.name}", "m", "500000")

    assert Interview(given=Given(), env=env, lang="en", read=read, list_models=deaf).first().key_file == str(key_file)


def test_a_folder_of_credentials_is_no_secret(key_file: Path) -> None:
    env = {**ENV, "CREDENTIALS_DIRECTORY": str(key_file.parent)}
    given = Given(base_url=NOBODY, models=("m",), key_file=str(key_file))

    assert Interview(given=given, env=env, lang="en").first().key_file == str(key_file)


BAD_FILES = {
    "nothing": (b"", "--key-file: expected a file with a key, not an empty one"),
    "a file of the environment": (
        b"WN_API_KEY=sk-0123456789abcdef",
        "--key-file: expected a file with a key, not with",
    ),
    "two lines": (b"a\nb", "--key-file: expected a file with a key on one line"),
    "too much": (b"x" * 5000, "--key-file: expected a file with a key, not one of more than"),
    "a key with Bearer": (b"Bearer sk-0123456789abcdef", "--key-file: "),
}


@pytest.mark.parametrize(("held", "said"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_without_a_key_alone_is_refused(held: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(held)

    with pytest.raises(UsageError, match=said):
        of_options(key_file=str(tmp_path / "key"))


def test_a_relay_may_ask_for_no_key() -> None:
    assert of_options(key_variable="none").key_variable is None


def test_a_variable_in_the_url_stays_one() -> None:
    assert of_options(base_url="${HOST}/v1").base_url == "${HOST}/v1"


def test_a_key_with_bearer_is_told_when_its_variable_is_named() -> None:
    given = Given(base_url=NOBODY, models=("m",), key_variable="WN_API_KEY")

    with pytest.raises(UsageError, match="--key-variable: "):
        Interview(given=given, env={"WN_API_KEY": f"Bearer {KEY}"}, lang="en").first()


def test_a_budget_below_what_the_checks_need_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    of_options(tokens_per_day=5)

    assert "tokens a day: with 5 those that do not fit are left out" in capsys.readouterr().err


def test_the_budget_by_default_is_enough() -> None:
    models = tuple(f"m{n}" for n in range(30))

    assert of_options(models=models).tokens_per_day == 500_000


@pytest.mark.parametrize("text", ["500,000", "500_000", " 500000 "])
def test_a_number_is_read_as_people_write_it(text: str) -> None:
    lines = [*list(RIGHT.values())[:3], text]

    assert (
        Interview(given=Given(), env=ENV, lang="en", read=typing(*lines), list_models=deaf).first().tokens_per_day
        == 500_000
    )


def test_a_relay_that_does_not_answer_is_no_end(capsys: pytest.CaptureFixture[str]) -> None:
    interviewed()

    assert "the models could not be listed: nobody listens" in capsys.readouterr().err


def listing(*names: str) -> Callable[[NamedTarget], Listing]:
    return lambda _relay: Listing(offers=tuple(Offer(name=name) for name in names), whole=True)


def test_a_relay_that_offers_nothing_for_chat_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    read = typing(NOBODY, "WN_API_KEY", "m", "500000")
    Interview(given=Given(), env=ENV, lang="en", read=read, list_models=listing("whisper-1", "bge-m3")).first()

    assert "of the models that the relay offers (2) none seems to be for chat" in capsys.readouterr().err


def test_whoever_ends_it_while_the_relay_is_asked_is_told_that_nothing_was_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def ended(_relay: NamedTarget) -> Listing:
        raise KeyboardInterrupt

    with pytest.raises(click.Abort):
        Interview(given=Given(base_url=NOBODY), env=ENV, lang="en", list_models=ended).first()
    assert "nothing was written" in capsys.readouterr().err

"""What `wnmon init` has to know: from options, from a person at the terminal, else by default. No answer is a key.

    a question       what is checked at once
    ---------------  -------------------------------------------------------------------
    base URL         the rules of the configuration, and that no key stands in it
    the key          where it is, never what it is:
      a variable     its name speaks of a credential, or its value looks like one; its value can be one
      a file         what it holds is a key alone, where it is there already
    models           the relay offers them, where it says what it offers
    tokens a day     a whole number, and whether the checks need more at most

What is wrong with an option ends the command, what is wrong with an answer is said and asked again. Neither is quoted.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, TypeVar

import click

from wnmon.cli.terminal import note, tell, words
from wnmon.cli.whom import NAMES_SHOWN, listed_by
from wnmon.config.environment import STAND_IN, filled_in
from wnmon.config.key_file import NO_KEY_FILE, key_in
from wnmon.config.named_target import NamedTarget, named_by_options
from wnmon.config.spend import plan_spend
from wnmon.config.starter import First, as_written, starter
from wnmon.config.urls import BadUrl, relay
from wnmon.errors import ConfigError, UsageError, did_you_mean
from wnmon.model.credentials import is_telling, looks_like_key, masked
from wnmon.model.said import Said, Text
from wnmon.model.target import MIN_SECRET_CHARS
from wnmon.wire.listing import Listing, does_not_chat
from wnmon.wire.opened import Untold

KEYLESS = "none"
MAX_LINE_BYTES = 64 * 1024
_OPTIONS = {
    "init_ask_base_url": "--base-url",
    "init_ask_key_variable": "--key-variable",
    "init_ask_models": "--model",
    "init_ask_models_unlisted": "--model",
    "init_ask_tokens_per_day": "--tokens-per-day",
}
"""The questions, and the option that answers each."""

_KEY_VARIABLES = ("WN_API_KEY", "WNMON_API_KEY", "OPENAI_API_KEY")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_APART = re.compile(r"[,，、]")

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What options say, as written; None where they say nothing."""

    base_url: str | None = None
    key_variable: str | None = None
    key_file: str | None = None
    models: tuple[str, ...] = ()
    tokens_per_day: int | None = None
    every: str | None = None

    def __bool__(self) -> bool:
        """Tell whether any option says anything."""
        return self != Given()


class _Key(NamedTuple):
    """Where the key is, in a variable, a file or nowhere, and what it is; None where nobody has put it there yet."""

    variable: str | None = None
    file: str | None = None
    value: str | None = None

    @property
    def place(self) -> str | None:
        return self.variable or self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Interview:
    """One way to a first configuration. `read` returns a line a person types, behind a prompt; None asks nobody.

    `list_models` asks the relay what it offers. `folder` is that of the configuration.
    """

    given: Given
    env: Mapping[str, str] = field(repr=False)
    lang: str
    read: Callable[[str], str] | None = None
    list_models: Callable[[NamedTarget], Listing | Untold] = listed_by
    folder: Path = Path()

    def first(self) -> First:
        """Return what the configuration shall say. Raises UsageError for an option that is wrong, Abort for Ctrl-C."""
        try:
            return self._first()
        except KeyboardInterrupt:
            raise _ended() from None

    def _first(self) -> First:
        if self.read is not None:
            note(Said("init_intro"))
        elif not self.given:
            return First()
        url = self._ask("init_ask_base_url", self.given.base_url, First().base_url, self._url, shown=False)
        key = self._key()
        offered = self._offered(url, key) if self._is_to_list(url) else ()
        first = First(base_url=url, key_variable=key.variable, key_file=key.file, models=self._models(offered))
        first = replace(first, every=self.given.every or first.every)
        needed = self._needed(first)
        tokens = None if self.given.tokens_per_day is None else str(self.given.tokens_per_day)
        most = self._ask(
            "init_ask_tokens_per_day", tokens, str(max(First().tokens_per_day, _rounded_up(needed))), _tokens
        )
        if most < needed:
            note(Said("init_small", n=f"{needed:,}", n2=f"{most:,}"))
        return replace(first, tokens_per_day=most)

    def _ask(
        self, name: str, option: str | None, default: str, check: Callable[[str], _Answer], *, shown: bool = True
    ) -> _Answer:
        """Return the answer to a question: the option's, a person's, or the default. `shown`: Enter takes that."""
        if option is not None or self.read is None:
            try:
                return check(default if option is None else option)
            except UsageError as wrong:
                raise _of_option(_OPTIONS[name], wrong) from None
        asked = Said(name)
        prompt = words("init_prompt_default", said=asked, text=default) if shown else words("init_prompt", said=asked)
        while True:
            text = self.read(prompt).strip() or (default if shown else "")
            try:
                return check(text)
            except UsageError as wrong:
                note(Said("init_wrong", said=wrong.message))
                if wrong.hint:
                    note(Said("init_wrong", said=Said("cli_hint", hint=wrong.hint)))

    def _url(self, text: str) -> str:
        """Return a base URL as the file shall have it, variables and all."""
        if not text:
            raise UsageError(Said("init_no_url"))
        filled, complaints = filled_in(text, self.env)
        if complaints:
            raise UsageError(complaints[0][0], hint=complaints[0][1])
        try:
            where = relay(filled.text)
        except BadUrl as bad:
            # A variable's value is not quoted: it may hold what does not belong there.
            raise UsageError(bad.message, hint=None if filled.from_environment else bad.hint) from None
        if any(key in text for key in where.keys) or self._quotes_a_secret(text):
            raise UsageError(Said("init_key"), hint=Said("init_key_hint"))
        return text

    def _quotes_a_secret(self, text: str) -> bool:
        """Tell whether a text holds what a variable does whose name speaks of a credential."""
        telling = (value for name, value in self.env.items() if is_telling(name) and not _is_place(value))
        return any(len(value) >= MIN_SECRET_CHARS and value in text for value in telling)

    def _key(self) -> _Key:
        """Return where the key is. At the question a path stands for a file, and no variable has a slash in it."""
        if self.given.key_file is None:
            default = self._key_variable_by_default()
            return self._ask("init_ask_key_variable", self.given.key_variable, default, self._key_at)
        try:
            return self._file(self.given.key_file)
        except UsageError as wrong:
            raise _of_option("--key-file", wrong) from None

    def _key_at(self, text: str) -> _Key:
        is_path = self.given.key_variable is None and "/" in text and "://" not in text
        return self._file(text) if is_path else self._variable(text)

    def _file(self, text: str) -> _Key:
        """Return the file that holds the key, or will, by a path as the configuration shall have it."""
        text = f"{self.env.get('HOME', '~')}{text[1:]}" if text.startswith("~/") else text  # as no shell read it
        filled, complaints = filled_in(text, self.env)
        if complaints:
            raise UsageError(complaints[0][0], hint=complaints[0][1])
        path = Path(filled.text)
        key, complaint = key_in(path)
        is_missing = complaint == NO_KEY_FILE
        if not text or (is_missing and any(map(looks_like_key, path.parts))) or self._quotes_a_secret(text):
            raise UsageError(Said("init_no_key_file"), hint=Said("init_key_into_file"))
        if complaint is not None and not is_missing:
            raise UsageError(complaint[0], hint=Said("key_file_alone"))
        self._relay("http://127.0.0.1", key)  # whose key must be one
        is_beside = filled.from_environment or self.folder.resolve() == Path.cwd()
        return _Key(file=text if is_beside else str(path.absolute()), value=key or None)

    def _key_variable_by_default(self) -> str:
        return next((name for name in _KEY_VARIABLES if self.env.get(name)), _KEY_VARIABLES[0])

    def _variable(self, text: str) -> _Key:
        """Return the variable that holds the key, or will, or that the relay asks for none."""
        if text == KEYLESS:
            return _Key()
        value = self.env.get(text)
        is_known = bool(value) or (is_telling(text) and text == text.upper())
        if not _VARIABLE.fullmatch(text) or not is_known or looks_like_key(text) or self._quotes_a_secret(text):
            raise UsageError(Said("init_no_variable"), hint=Said("cli_key_is_variable"))
        if value and _is_place(value):
            raise UsageError(Said("init_variable_of_place"), hint=Said("cli_key_is_variable"))
        if value and not is_telling(text) and not looks_like_key(value):
            raise UsageError(Said("init_variable_of_no_key"), hint=Said("init_name_it_key"))
        self._relay("http://127.0.0.1", value)  # whose key must be one
        return _Key(variable=text, value=value)

    def _relay(self, url: str, key: str | None) -> NamedTarget:
        """Return the relay as it is asked for its models. Raises UsageError for a key that can be none."""
        env = {**self.env, "KEY": key or ""}
        return named_by_options(filled_in(url, self.env)[0].text, (), ("KEY",), env, needs_model=False)

    def _is_to_list(self, url: str) -> bool:
        """Tell whether the relay is asked what it offers: somebody is to choose, or a model is to be found."""
        return url != First().base_url and not self.given.models

    def _offered(self, url: str, key: _Key) -> tuple[str, ...]:
        """Return what the relay offers to chat with, the model nobody has to choose first; none is said where it is."""
        if key.place is not None and not key.value:
            note(Said("init_unset", name=key.place))
        listing = self.list_models(self._relay(url, key.value))
        if not isinstance(listing, Listing) or not listing.offers:
            why: Text = listing.why if not isinstance(listing, Listing) else Said("init_no_offers")
            tell(Said("init_untold", said=why))
            return ()
        names = tuple(one.name for one in listing.offers if one.as_named and not does_not_chat(one.name, None))
        if not names:
            note(Said("init_none_chats", n=len(listing.offers)))
        return names

    def _models(self, offered: tuple[str, ...]) -> tuple[str, ...]:
        """Return the models to watch. What the relay does not offer is only taken from an option."""
        if self.given.models:
            return self._ask("init_ask_models", ",".join(self.given.models), "", lambda text: self._names(text, ()))
        own = First().models[0]
        default = own if own in offered or not offered else offered[0]
        if self.read is None:
            if offered:
                tell(Said("init_took", name=default, n=len(offered)))
            return (default,)
        if not offered:
            return self._ask("init_ask_models_unlisted", None, default, lambda text: self._names(text, ()))
        note(Said("init_offered", n=len(offered)))
        for n, name in enumerate(offered[:NAMES_SHOWN], 1):
            note(Said("init_offer", n=f"{n:>2}", name=name))
        if len(offered) > NAMES_SHOWN:
            note(Said("init_offered_more", n=len(offered) - NAMES_SHOWN))
        return self._ask("init_ask_models", None, default, lambda text: self._names(text, offered))

    def _names(self, text: str, offered: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(_chosen(one.strip(), offered) for one in _APART.split(text) if one.strip()))
        if not names:
            raise UsageError(Said("init_no_model"))
        if any(masked(name) != name and name not in offered for name in names) or self._quotes_a_secret(text):
            raise UsageError(Said("init_key"), hint=Said("key_elsewhere"))
        unknown = next((name for name in names if offered and name not in offered), None)
        if unknown is not None:
            raise UsageError(Said("model_not_listed", name=repr(unknown)), hint=did_you_mean(unknown, offered))
        return names

    def _needed(self, first: First) -> int:
        """Return how many tokens a day the checks use at most. Raises UsageError for what makes no configuration."""
        key = first.key_variable
        env = self.env if key is None else {**self.env, key: self.env.get(key) or STAND_IN}
        try:
            config = as_written(starter(self.lang, first), env)
        except ConfigError as error:
            problem = error.problems[0]  # without its place, which is in a file nobody has
            said = dict(problem.holes).get("said", problem) if isinstance(problem, Said) else problem
            raise UsageError(Said("init_unfit", said=said)) from None
        return round(plan_spend(config).total().tokens_per_day)


def _of_option(option: str, wrong: UsageError) -> UsageError:
    return UsageError(Said("reason", kind=option, said=wrong.message), hint=wrong.hint)


def _is_place(value: str) -> bool:
    """Tell whether the value of a variable is a path, or several, or an address: none is a key."""
    return "://" in value or value.startswith(("/", "./", "../", "~/"))


def _chosen(text: str, offered: tuple[str, ...]) -> str:
    """Return the model of a name, or of its number in the list. Raises UsageError."""
    if not offered or text in offered or not text.isdecimal():
        return text
    number = int(text[:9])
    if not 1 <= number <= len(offered):
        raise UsageError(Said("init_no_number", n=number))
    return offered[number - 1]


def _tokens(text: str) -> int:
    digits = re.sub(r"(?<=\d)[_,](?=\d)", "", text)
    if not digits.isdecimal() or len(digits) > 15 or int(digits) < 1:
        raise UsageError(Said("init_no_tokens"))
    return int(digits)


def _rounded_up(tokens: int) -> int:
    """Return the next number of a hundred thousand."""
    return -(-tokens // 100_000) * 100_000


def typed(prompt: str) -> str:
    """Return a line of stdin behind a prompt on stderr, so that stdout holds the configuration alone.

    Raises Abort at the end of the input (Ctrl-D), having said that this is the end.
    """
    click.echo(prompt, nl=False, err=True)
    line = sys.stdin.buffer.readline(MAX_LINE_BYTES)
    if not line:
        raise _ended()
    return line.decode("utf-8", "replace")


def _ended() -> click.Abort:
    """Return what ends the command, having said that it leaves nothing."""
    note("")  # the cursor is behind a question, or behind ^C
    tell(Said("init_declined"))
    return click.Abort()

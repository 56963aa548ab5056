"""A curl command as a first configuration: the relay it asks, and its request as a check."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

from wnmon.cli.curl_line import CurlCommand
from wnmon.cli.terminal import words
from wnmon.config.environment import STAND_IN
from wnmon.config.starter import as_written, as_yaml
from wnmon.config.urls import COMPLETIONS, BadUrl, relay
from wnmon.errors import ConfigError, UsageError
from wnmon.model.credentials import is_telling, masked
from wnmon.model.said import Said, Text
from wnmon.model.target import Secret
from wnmon.redact.redactor import Redactor

KEY_VARIABLE = "WN_API_KEY"
URL_VARIABLE = "WN_URL_KEY"

# What wnmon writes itself, or HTTP does.
_OWN_HEADERS = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "content-type", "expect", "host", "transfer-encoding"}
)
_UNFIT_FOR_A_NAME = re.compile(r"[^A-Z0-9]+")
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)


def config_from_curl(curl: CurlCommand) -> str:
    """Return a configuration that loads. Raises UsageError with what of the command cannot be had in one.

    Its request is held against the request schema of the API page; where it goes beyond it, `lint: off` says so.
    """
    _refuse_shown_key(curl)
    try:
        asked = relay(curl.url)
    except BadUrl as bad:
        hint = Said("curl_fill_in") if curl.url.startswith("$") else bad.hint
        raise UsageError(Said("curl_url", text=bad.message), hint=hint) from None
    if unquote(urlsplit(asked.url).path) != unquote(urlsplit(curl.url).path).rstrip("/"):
        raise UsageError(Said("curl_another_path"), hint=Said("curl_wanted_path", path=COMPLETIONS))
    model = curl.body.get("model", _deployment(curl.url))
    if not isinstance(model, str) or not model.strip():
        raise UsageError(Said("curl_no_model"))
    problems = _problems(text := _compose(curl, model, lint=True), curl)
    if problems:
        problems = _problems(text := _compose(curl, model, lint=False), curl)
    if problems:
        problem = problems[0]  # without its place, which is in a file nobody has
        said = dict(problem.holes).get("said", problem) if isinstance(problem, Said) else problem
        raise UsageError(Said("curl_unfit", text=said))
    return text


def _deployment(url: str) -> str | None:
    """Return the name of the deployment in a URL of Azure, which stands for the model there."""
    found = re.search(r"/openai/deployments/([^/?#]+)/", url)
    return unquote(found[1]) if found else None


def _refuse_shown_key(curl: CurlCommand) -> None:
    """Refuse a command whose URL or body holds the key: neither may hold a secret in wnmon."""
    if not curl.key:
        return
    redactor = Redactor([Secret(curl.key, KEY_VARIABLE)])
    for place, text in (("curl_key_in_url", curl.url), ("curl_key_in_body", json.dumps(curl.body, ensure_ascii=False))):
        if redactor.text(text) != text:
            raise UsageError(Said(place), hint=Said("curl_keep_key"))


def _compose(curl: CurlCommand, model: str, *, lint: bool) -> str:
    exports = "".join(f"#   export {name}=...\n" for name in variables(curl))
    return "\n".join([words("curl_head", exports=exports), *_target(curl, model), "", *_checks(curl, lint=lint), ""])


def _target(curl: CurlCommand, model: str) -> Iterator[str]:
    url = curl.url
    for name, key in _keys_in_url(curl).items():
        url = _in_url(key).sub(f"${{{name}}}", url)
    yield from ("targets:", "  wn:", f"    base_url: {as_yaml(url)}")
    if curl.key is not None:
        yield f"    api_key: ${{{KEY_VARIABLE}}}"
    yield f"    models: [{as_yaml(model)}]"
    headers = _headers(curl)
    if headers:
        yield "    headers:"
        yield from (f"      {_name(name)}: {as_yaml(value)}" for name, value in headers.items())
    yield from (f"    {words('curl_budget')}", "    budget: {tokens_per_day: 200000}")


def _checks(curl: CurlCommand, *, lint: bool) -> Iterator[str]:
    members = {name: value for name, value in curl.body.items() if name != "model"}
    yield from ("checks:", f"  {words('curl_request')}", "  from-curl:")
    yield "    every: 15m"
    if not lint:
        yield f"    lint: off  {words('curl_lint')}"
    yield "    request:"
    for name, value in members.items():
        if isinstance(value, list) and value:
            yield f"      {_name(name)}:"
            yield from (f"        - {as_yaml(item)}" for item in value)
        else:
            yield f"      {_name(name)}: {as_yaml(value)}"
    yield from ("    expect:", "      status: 200", "      model: same")
    if curl.body.get("stream") is True:
        yield "      stream: complete"
    yield from ("", f"  {words('curl_contract')}", "  contract:", "    every: 6h", "    suite: builtin:documented")


def _headers(curl: CurlCommand) -> Mapping[str, str]:
    """Return the headers wnmon does not write itself, those that may hold a secret read from the environment."""
    return {
        name: f"${{{_variable(name)}}}" if _is_secret(name, value, curl.key) else value.replace("${", "$${")
        for name, value in curl.headers
        if name.lower() not in _OWN_HEADERS
    }


def _is_secret(name: str, value: str, key: str | None) -> bool:
    return is_telling(name) or masked(value) != value or bool(key and key in value)


def _keys_in_url(curl: CurlCommand) -> Mapping[str, str]:
    """Return the keys in the path and the query of the URL, each by the variable that stands for it."""
    written = [key for key in relay(curl.url).keys if _in_url(key).search(curl.url)]
    return {f"{URL_VARIABLE}_{n}" if n > 1 else URL_VARIABLE: key for n, key in enumerate(written, 1)}


def _in_url(key: str) -> re.Pattern[str]:
    """Return where a key is all of a part of the path, or the value of a parameter."""
    return re.compile(rf"(?<=[/=]){re.escape(key)}(?=[/?&]|\Z)")


def _variable(header: str) -> str:
    """Return the variable for a header's value, whose name says that it holds a secret."""
    name = "WN_" + _UNFIT_FOR_A_NAME.sub("_", header.upper()).strip("_")
    return name if is_telling(name) else f"{name}_KEY"


def variables(curl: CurlCommand) -> list[str]:
    """Return the environment variables that stand for the secrets of the command, in the order of the file."""
    kept = [(name, value) for name, value in curl.headers if name.lower() not in _OWN_HEADERS]
    own = [_variable(name) for name, value in kept if _is_secret(name, value, curl.key)]
    return list(dict.fromkeys([*([KEY_VARIABLE] if curl.key is not None else []), *_keys_in_url(curl), *own]))


def _name(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else as_yaml(name)


def _problems(text: str, curl: CurlCommand) -> tuple[Text, ...]:
    """Return what the configuration language says against a text."""
    try:
        as_written(text, {name: f"{STAND_IN}-as-{name}" for name in variables(curl)})
    except ConfigError as error:
        return error.problems
    return ()

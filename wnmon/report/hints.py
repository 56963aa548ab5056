"""What a wrong setup looks like, told once: a redirect, a wrong path, a CDN or a web page in place of the API.

The rules judge such an answer as they judge any, so that all of them may break for one wrong `base_url`. Nothing about
the verdicts changes here; a person is told what to look at first, and is not asked to accept the consequences.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from wnmon.model.check import Auth
from wnmon.model.exchange import Exchange, FailureKind
from wnmon.model.result import Reason
from wnmon.report.summary import CheckedTarget, CheckReport
from wnmon.report.text import shown, word
from wnmon.wire.answer import Answer
from wnmon.wire.reply import Form

MAX_CHARS = 100
"""How much is shown of a Location or a path."""
_USER = re.compile(r"(?<=//)[^/@]*@")
_NO_SUCH_PATH = frozenset({404, 405, 410})
COMPLETIONS = "/chat/completions"
_VERSION = re.compile(r"v[0-9]+(?:beta|alpha)?[0-9]*")
_OTHER_CALLS = frozenset({"chat", "completions", "models", "embeddings", "messages", "responses", "images", "audio"})


def setup_hint(report: CheckReport, lang: str) -> str:
    """Return in one sentence what may be wrong with the setup by the first answer of a relay, "" where it looks right.

    Where any answer came from the API, the address is right and there is nothing to hint at.
    """
    for target in report.targets:
        answers = (answer for run in report.runs_of(target) for answer in run.answers)
        first = next(answers, None)
        hint = _hint(first, lang) if first is not None and _is_ordinary(first, target) else ""
        if hint and not any(map(_is_of_the_api, answers)):
            return hint
    return ""


def _is_ordinary(answer: Answer, target: CheckedTarget) -> bool:
    """Tell whether a request went to the address of the target, with its key."""
    request = answer.exchange.request
    return request.auth is Auth.NORMAL and request.url == target.url


def _is_of_the_api(answer: Answer) -> bool:
    """Tell whether an answer is a success that is no web page."""
    status = answer.exchange.status
    return status is not None and 200 <= status < 300 and answer.reply.form is not Form.HTML


def _hint(first: Answer, lang: str) -> str:
    status = first.exchange.status
    if status is None:
        return _unheard(first.exchange, lang)
    if 300 <= status < 400:
        return _redirected(first.exchange, status, lang)
    if status in _NO_SUCH_PATH and (first.fault is None or first.fault.reason is Reason.HTTP_4XX):
        return _path(word("hint_path", lang, status=status, path=_shown_path(first.exchange)), first.exchange, lang)
    if first.reply.form is not Form.HTML:
        return ""
    if status == 403 or status >= 500:
        return word("hint_firewall" if status == 403 else "hint_cdn", lang, status=status)
    return _path(word("hint_page", lang, status=status), first.exchange, lang)


def _shown_path(exchange: Exchange) -> str:
    return shown(urlsplit(exchange.request.url).path, MAX_CHARS)


def _path(said: str, exchange: Exchange, lang: str) -> str:
    """Return what was said with the path that is likely meant, where there is one."""
    likely = likely_path(urlsplit(exchange.request.url).path)
    return word("hint_likely", lang, said=said, path=shown(likely, MAX_CHARS)) if likely else said


def likely_path(path: str) -> str:
    """Return the path that is likely meant by one that leads nowhere, "" where it looks as it should.

    A base URL is often given with the path of another call in it, with its version twice, or without any.
    """
    parts = path.removesuffix(COMPLETIONS).split("/")
    kept = parts[: next((at for at, part in enumerate(parts) if part in _OTHER_CALLS), len(parts))]
    kept = [part for before, part in zip(["", *kept], kept, strict=False) if part == "" or part != before]
    if not any(map(_VERSION.fullmatch, kept)):
        kept.append("v1")
    likely = "/".join(kept) + COMPLETIONS
    return likely if likely != path else ""


def _unheard(exchange: Exchange, lang: str) -> str:
    """Return the hint for what a port for TLS does with plain http: it closes, or sends what is no HTTP."""
    is_no_http = exchange.failure is not None and exchange.failure.kind is FailureKind.PROTOCOL
    return word("hint_tls_port", lang) if is_no_http and exchange.request.url.startswith("http:") else ""


def _redirected(exchange: Exchange, status: int, lang: str) -> str:
    """Return the hint for a redirect. Secrets were taken out before; what else may hold one, a query, is left out."""
    to = _USER.sub("", exchange.header("location") or "").partition("?")[0].partition("#")[0]
    kind = "hint_redirect" if to else "hint_redirect_nowhere"
    return word(kind, lang, status=status, to=shown(to, MAX_CHARS))

"""From a network error to the kind of failure it is, and one line on it for a person."""

from __future__ import annotations

import errno
import socket
import ssl

import httpx

from wnmon.model.exchange import FailureKind
from wnmon.model.said import Said
from wnmon.transport.decode import Failure
from wnmon.transport.head import WITHOUT_END
from wnmon.transport.recording import Stage

_MAX_CAUSES = 10

# This machine has nothing left to open a connection with: says nothing about the relay.
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EADDRNOTAVAIL})
_OWN_MISTAKES = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)

# The words of h11 0.16, which has no class of its own for it.
_CUT_SHORT = "peer closed connection"

_BY_STAGE = {Stage.CONNECT: FailureKind.CONNECT, Stage.TLS: FailureKind.TLS, Stage.BODY: FailureKind.TRUNCATED}


def name_failure(error: Exception, stage: Stage) -> Failure:
    """Return what an error is called, by what it is and by how far the exchange had come."""
    causes = _causes(error)
    kind = _kind(error, causes, stage)
    what = Said("http_head_without_end") if kind is FailureKind.TOO_LARGE else _text(causes)
    return kind, Said("while_doing", text=what, stage=stage.value)


def _causes(error: BaseException) -> list[BaseException]:
    """Return the error and what it was raised from: httpx wraps httpcore, which wraps the one that tells."""
    causes = [error]
    while (cause := _cause(causes[-1])) is not None and len(causes) < _MAX_CAUSES:
        causes.append(cause)
    return causes


def _cause(error: BaseException) -> BaseException | None:
    # httpcore's pool raises on with `from None`, which hides the cause it had.
    return error.__context__ if error.__suppress_context__ and error.__cause__ is None else error.__cause__


def _text(causes: list[BaseException]) -> str:
    """Return the first line of the deepest message there is, whole: it is cut once it holds no secret."""
    said = next((text for cause in reversed(causes) if (text := str(cause).strip())), type(causes[0]).__name__)
    return said.splitlines()[0]


def _kind(error: Exception, causes: list[BaseException], stage: Stage) -> FailureKind:
    if isinstance(error, socket.gaierror):
        return FailureKind.DNS
    if _is_ours(error, causes, stage):
        return FailureKind.CLIENT
    if isinstance(error, httpx.RemoteProtocolError):
        return _protocol_kind(str(error), stage)
    # With TLS 1.3 a refused client certificate is only said once the request is on its way (RFC 8446 section 4.4.2).
    if stage in {Stage.SEND, Stage.WAIT} and any(isinstance(cause, ssl.SSLError) for cause in causes):
        return FailureKind.TLS
    return _BY_STAGE.get(stage, FailureKind.PROTOCOL)


def _is_ours(error: Exception, causes: list[BaseException], stage: Stage) -> bool:
    """Tell whether this program or this machine is at fault: nothing can be said about the relay."""
    if isinstance(error, _OWN_MISTAKES) or not isinstance(error, httpx.TransportError | OSError):
        return True
    # Before a name is resolved only files are touched: the CA file, and the resolver's own.
    if stage is Stage.RESOLVE:
        return True
    return any(isinstance(cause, OSError) and cause.errno in _EXHAUSTED for cause in causes)


def _protocol_kind(said: str, stage: Stage) -> FailureKind:
    if WITHOUT_END in said:
        return FailureKind.TOO_LARGE
    return FailureKind.TRUNCATED if stage is Stage.BODY and _CUT_SHORT in said else FailureKind.PROTOCOL

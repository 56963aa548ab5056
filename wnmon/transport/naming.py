"""From an error to the kind of failure it is, and one line on it for a person."""

from __future__ import annotations

import errno
import socket
import ssl

from wnmon.model.exchange import FailureKind
from wnmon.model.said import Said, Text
from wnmon.transport.decode import Failure
from wnmon.transport.framing import CutShort, Malformed, WithoutEnd
from wnmon.transport.recording import Stage

# This machine has nothing left to open a connection with: says nothing about the relay.
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EADDRNOTAVAIL})

_BY_STAGE = {Stage.CONNECT: FailureKind.CONNECT, Stage.TLS: FailureKind.TLS, Stage.BODY: FailureKind.TRUNCATED}


def name_failure(error: Exception, stage: Stage) -> Failure:
    """Return what an error is called, by what it is and by how far the exchange had come."""
    kind = _kind(error, stage)
    what = Said("http_head_without_end") if kind is FailureKind.TOO_LARGE else _text(error)
    return kind, Said("while_doing", text=what, stage=stage.value)


def _text(error: Exception) -> Text:
    """Return the first line of its message, whole: it is cut once it holds no secret."""
    if error.args and isinstance(error.args[0], Said):
        return error.args[0]
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _kind(error: Exception, stage: Stage) -> FailureKind:
    """what it is                            what it is called
    ------------------------------------  -------------------------------------------------------------
    heads without end                     too_large
    a body that ends too early            truncated
    no HTTP                               protocol
    a name nobody knows                   dns; that of a proxy: connect
    a file, memory, or wnmon itself       client: nothing can be said about the relay
    anything of a connection              by how far the exchange had come
    """
    if isinstance(error, WithoutEnd):
        return FailureKind.TOO_LARGE
    if isinstance(error, Malformed):
        return FailureKind.TRUNCATED if isinstance(error, CutShort) else FailureKind.PROTOCOL
    if isinstance(error, socket.gaierror) and stage is Stage.RESOLVE:
        return FailureKind.DNS
    # Before a name is resolved only files are touched: the CA file, and the resolver's own.
    if not isinstance(error, OSError) or stage is Stage.RESOLVE or error.errno in _EXHAUSTED:
        return FailureKind.CLIENT
    # With TLS 1.3 a refused client certificate is only said once the request is on its way (RFC 8446 section 4.4.2).
    if stage in {Stage.SEND, Stage.WAIT} and isinstance(error, ssl.SSLError):
        return FailureKind.TLS
    return _BY_STAGE.get(stage, FailureKind.PROTOCOL)

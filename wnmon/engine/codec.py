"""Runs to versioned JSON values and back, see `wnmon.model.codec`. Their answers are read anew."""

from __future__ import annotations

from dataclasses import replace

from wnmon.engine.run import Run
from wnmon.model.codec import decode_from, encode_as
from wnmon.model.json import Json, JsonObject
from wnmon.model.said import Said
from wnmon.redact.exchange import without_credentials
from wnmon.wire.answer import read_answer

_LEFT_OUT = ("answers", "client", "plan", "spent_money")


def encode_run(run: Run, *, words_only: bool = False) -> JsonObject:
    """Return the run, its evidence included, as JSON values. `words_only`: what two judgements must agree on."""
    left_out = replace(run, answers=(), client=None, plan=None, spent_money={})
    document = encode_as("run", left_out, words_only=words_only)
    content = document["run"]
    assert isinstance(content, dict)
    for name in _LEFT_OUT:
        content.pop(name, None)
    return document


def decode_run(document: Json) -> Run:
    """Return the run of a document. ValueError says where it is malformed."""
    content = document.get("run") if isinstance(document, dict) else None
    for name in _LEFT_OUT:
        if isinstance(content, dict) and name in content:
            raise ValueError(Said("record_at", place=f"run.{name}", said=Said("record_unknown")))
    run: Run = decode_from(Run, document, "run")
    evidence = replace(run.evidence, exchanges=tuple(map(without_credentials, run.evidence.exchanges)))
    return replace(run, evidence=evidence, answers=tuple(map(read_answer, evidence.exchanges)))

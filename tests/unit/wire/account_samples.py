"""Relays of which the endpoints beside chat completions are known, each a table of path to status and body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from wnmon.model.check import Asks, Plan
from wnmon.model.exchange import Chunk, Exchange, FailureKind, Marks, TransportFailure
from wnmon.wire.answer import Answer, read_answer
from wnmon.wire.balance import balance_plan, is_needed
from wnmon.wire.listing import models_plan
from wnmon.wire.request import build

Relay = Mapping[str, Any]
"""Path -> the value of a JSON answer with 200, or (status, text of any kind, media type)."""

PAGE = (200, "<!doctype html><title>Console</title>", "text/html")
NOT_FOUND = (404, '{"error":{"message":"Invalid URL","type":"invalid_request_error"}}', "application/json")


def answers_of(relay: Relay, plan: Plan, url: str = "https://relay.example/v1/chat/completions") -> list[Answer]:
    """Return the answers of a relay to the steps of a plan that are needed."""
    answers: list[Answer] = []
    for step in plan.steps:
        if plan.asks is Asks.MODELS or is_needed(step.name, answers):
            request = build(step, url, "", "nonce123")
            path = request.url.partition("://")[2].partition("/")[2].partition("?")[0]
            found = relay.get(f"/{path}", relay.get("*", NOT_FOUND))
            status, text, media = found if isinstance(found, tuple) else (200, json.dumps(found), "application/json")
            exchange = Exchange(
                request=request,
                started_at_s=1_700_000_000.0,
                marks=Marks(started_ns=0, sent_ns=1, headers_ns=2, end_ns=3),
                status=status,
                headers=(("Content-Type", media),),
                chunks=(Chunk(3, text.encode()),),
                failure=None if status else TransportFailure(kind=FailureKind.CONNECT, detail="refused"),
            )
            answers.append(read_answer(exchange))
    return answers


def asked_for_balance(relay: Relay, host: str = "relay.example", base: str = "/v1") -> list[Answer]:
    """Return what a relay at a host answers to all that is asked for its balance."""
    return answers_of(relay, balance_plan(host, Decimal(5)), f"https://{host}{base}/chat/completions")


def asked_for_models(*listed: Any) -> Answer:
    """Return the answer of a relay whose list of models is this value, or this (status, text, media type)."""
    (answer,) = answers_of({"/v1/models": listed[0] if len(listed) == 1 else listed}, models_plan())
    return answer


def new_api(**data: Any) -> dict[str, Any]:
    """Return what new-api says of a key's quota."""
    return {"code": True, "message": "ok", "data": {"object": "token_usage", "unlimited_quota": False, **data}}


def status(**data: Any) -> dict[str, Any]:
    """Return what a site says of itself."""
    return {"success": True, "message": "", "data": {"version": "v1", **data}}


def billing(
    limit: Any, cents: Any, *, until: int = 0, base: str = "/v1/dashboard/billing", **site: Any
) -> dict[str, Any]:
    """Return a relay of the one-api family with its billing, and what its status says, if anything."""
    subscription = {"object": "billing_subscription", "hard_limit_usd": limit, "access_until": until}
    usage = {"object": "list", "total_usage": cents}
    told = {"/api/status": status(**site)} if site else {}
    return {f"{base}/subscription": subscription, f"{base}/usage": usage, **told}

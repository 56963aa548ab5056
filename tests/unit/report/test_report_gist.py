"""What a check begins with: no line of it stands for what was not measured."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from report_samples import COMPLETION, MODEL, TARGET, errored, evidence, report, request, run, verdict

from wnmon.engine.run import Run
from wnmon.model.check import Level
from wnmon.model.exchange import Chunk, Exchange, FailureKind, Marks, TransportFailure
from wnmon.model.result import Layer, Outcome, Reason, Verdict
from wnmon.report.gist import Gist, Standing, cells, first_token, gists, lines
from wnmon.report.github import render_github
from wnmon.report.summary import CheckReport
from wnmon.report.terminal import render_check
from wnmon.wire.answer import read_answer

MS = 1_000_000
ORDINARY = evidence().exchanges[0]


def answered(body: object = COMPLETION, **changes: object) -> Exchange:
    chunk = Chunk(at_ns=1, data=json.dumps(body).encode())
    return replace(ORDINARY, chunks=(chunk,), **changes)  # type: ignore[arg-type]  # the tests name real members


def streamed(at_ms: int | None, *, step: str = "streamed", late_ms: int = 0) -> Exchange:
    """Return a stream whose one token came after so long, or never, and may have been stamped so late."""
    delta = {"content": "pong"} if at_ms is not None else {}
    event = {"model": MODEL, "choices": [{"index": 0, "delta": delta, "finish_reason": "stop"}]}
    data = f"data: {json.dumps(event)}\n\ndata: [DONE]\n\n".encode()
    chunk = Chunk(at_ns=(at_ms or 1) * MS, data=data)
    return Exchange(
        request=replace(request(), step=step, stream=True),
        started_at_s=0,
        marks=Marks(started_ns=0, sent_ns=0, end_ns=999 * MS),
        status=200,
        headers=(("Content-Type", "text/event-stream"),),
        chunks=(chunk,),
        late_ns=late_ms * MS,
    )


def with_answers(*exchanges: Exchange, made: Run | None = None) -> Run:
    made = made or run(verdict("DOC-003"))
    seen = replace(made.evidence, exchanges=exchanges)
    return replace(made, evidence=seen, answers=tuple(map(read_answer, exchanges)))


def gist(*runs: Run, **more: object) -> Gist:
    return gists(replace(report(*runs), **more))[0]  # type: ignore[arg-type]


def said(*runs: Run, **more: object) -> tuple[str, ...]:
    return lines(gist(*runs, **more), "en")


def test_a_model_that_keeps_every_rule_is_usable() -> None:
    assert said(run(verdict("DOC-003")))[0] == "usable: it answers, and every binding rule holds"


def test_a_broken_binding_rule_is_named() -> None:
    found = said(run(verdict("DOC-003", Verdict.FAILED)))[0]

    assert found == "usable, but a binding rule is broken: DOC-003"


def test_a_rule_that_does_not_bind_makes_no_difference() -> None:
    assert gist(run(verdict("SEM-002", Verdict.FAILED, Level.SHOULD))).standing is Standing.USABLE


def test_what_is_waived_is_counted() -> None:
    found = said(run(verdict("DOC-003", Verdict.FAILED, waived=True)))[0]

    assert found == "usable: it answers, and of the binding rules none is broken but 1 waived"


def test_a_rule_that_could_not_be_judged_leaves_it_in_part() -> None:
    found = said(run(verdict("DOC-003", Verdict.INCONCLUSIVE, why="too late")))[0]

    assert found == "usable, but not all could be judged: too late"


def test_an_interrupted_check_of_a_usable_model_says_so() -> None:
    assert gist(run(verdict("DOC-003")), complete=False).standing is Standing.IN_PART


def test_a_refusal_is_quoted() -> None:
    assert said(errored())[0] == "not usable: auth: HTTP 401: invalid api key"


def test_the_first_line_is_chinese_where_the_reader_is() -> None:
    assert lines(gist(errored()), "zh")[0] == "不可用：密钥被拒：HTTP 401: invalid api key"


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.OK])
def test_no_reason_stands_in_a_chinese_first_line_by_its_name(reason: Reason) -> None:
    assert reason.value not in lines(gist(errored(reason, Layer.RELAY, "：")), "zh")[0]


def test_a_relay_of_which_nothing_came_back_was_not_reached() -> None:
    failure = TransportFailure(kind=FailureKind.CONNECT, detail="refused")
    silent = Exchange(request=request(), started_at_s=0, marks=Marks(started_ns=0, end_ns=1), failure=failure)
    made = with_answers(silent, made=errored(Reason.CONNECT, Layer.NETWORK, "connection refused"))

    assert said(made)[0] == "not reached: connect: connection refused"


def test_a_model_that_was_not_asked_is_not_called_unusable() -> None:
    made = replace(run(outcome=Outcome.SKIPPED, message="interrupted"), answers=())

    assert said(made) == ("not asked: interrupted", NOTHING)


NOTHING = "no model answered · first token: not measured, nothing was sent · spent nothing"


def test_a_model_without_a_run_was_not_asked() -> None:
    assert said() == ("not asked: no finished run", NOTHING)


def test_answers_without_a_choice_are_no_answers() -> None:
    made = with_answers(answered({"ok": True}))

    assert gist(made).standing is Standing.UNUSABLE


def test_the_name_of_the_answers_is_told() -> None:
    assert said(run(verdict("DOC-003")))[1] == f"answered as {MODEL}"


def test_another_name_is_told_beside_the_asked_one() -> None:
    made = with_answers(answered({**COMPLETION, "model": "small"}))

    assert said(made)[1] == f"answered as small; asked for {MODEL}"


def test_several_names_are_counted() -> None:
    other = answered({**COMPLETION, "model": "small"})
    made = with_answers(answered(), other, other)

    assert said(made)[1] == f"answered as small (2 answers), {MODEL} (1 answers); asked for {MODEL}"


def test_a_cut_answer_is_an_answer() -> None:
    cut = json.loads(json.dumps(COMPLETION).replace('"stop"', "null"))

    assert gist(with_answers(answered(cut))).standing is Standing.USABLE


def test_a_nameless_answer_is_called_that() -> None:
    made = with_answers(answered({**COMPLETION, "model": None}))

    assert said(made)[1] == "answered as: unknown, no answer names a model"


def test_a_name_in_a_refusal_is_no_answer() -> None:
    made = with_answers(answered(status=404), made=errored())

    assert said(made)[1].startswith("no model answered · ")


@pytest.mark.parametrize(
    ("exchanges", "wanted"),
    [
        ((ORDINARY,), "first token: not measured, no stream was asked"),
        ((streamed(None),), "first token: not measured, no stream brought one"),
        ((streamed(40, late_ms=30),), "first token: not measured, the monitor itself was late"),
        ((streamed(40),), "first token 40 ms (measured once)"),
        ((streamed(40), streamed(20, step="a"), streamed(90, step="b")), "first token 40 ms (median of 3)"),
        ((streamed(20), streamed(90)), "first token: not measured, no stream was asked"),
    ],
    ids=["no stream", "no token", "late", "once", "median", "a burst"],
)
def test_the_first_token_is_what_was_measured(exchanges: tuple[Exchange, ...], wanted: str) -> None:
    assert first_token(gist(with_answers(*exchanges)), "en") == wanted


def test_what_was_spent_is_told() -> None:
    assert said(run(verdict("DOC-003")))[2].split(" · ")[1] == "spent 15 tokens"


def test_an_answer_without_usage_makes_it_an_estimate() -> None:
    made = with_answers(answered(), answered({**COMPLETION, "usage": None}))

    assert said(made)[2].split(" · ")[1] == "spent about 15 tokens (1 of 2 estimated)"


def test_a_request_that_was_given_up_may_have_cost_more() -> None:
    failure = TransportFailure(kind=FailureKind.SHUTDOWN, detail="")
    made = with_answers(answered(), replace(ORDINARY, status=None, chunks=(), failure=failure))

    assert said(made)[2].split(" · ")[1] == "spent at least 15 tokens"


def test_money_is_told_where_a_price_is_known() -> None:
    made = replace(run(verdict("DOC-003")), spent_money={"USD": Decimal("0.000024")})

    assert said(made)[2].endswith("spent 15 tokens, at most 0.0001 USD")


def several(*runs: Run) -> CheckReport:
    other = replace(TARGET, model="small")
    return replace(report(*runs), targets=(TARGET, other))


SECOND = replace(errored(), model="small")


def test_the_row_of_a_model_says_the_same() -> None:
    row = cells(gists(several(run(verdict("DOC-003")), SECOND))[1], "en")

    assert row == ("small", "not usable: auth: HTTP 401: invalid api key", "–", "–", "0")


@pytest.mark.parametrize("width", [40, 80, 200])
def test_every_model_stands_in_the_first_lines(width: int) -> None:
    text = render_check(several(run(verdict("DOC-003")), SECOND), width=width, color=False, lang="en")

    opening = text.partition("\n\n")[0]
    assert all(len(line) <= width for line in opening.splitlines())
    assert ("small" in opening, "wnmon check" in opening) == (True, False)


@pytest.mark.parametrize("width", [40, 72, 80, 200])
@pytest.mark.parametrize("color", [False, True])
def test_no_line_of_the_table_is_a_command_to_a_ci(width: int, color: bool) -> None:
    evil = replace(errored(message="x " * width + "::error::##[error]"), model="small")
    text = render_check(several(evil, evil), width=width, color=color, lang="en")

    assert not [line for line in text.splitlines() if line.lstrip().startswith("::") or "##[" in line]


def test_the_log_of_github_begins_with_it() -> None:
    first = render_github(report(errored()), "en").splitlines()[0]

    assert first.startswith(f"wnmon check: {MODEL}: not usable: auth: HTTP 401: invalid api key · ")

"""What a check begins with: of each model whether it can be used, who answered, how fast, and what that cost.

Each is a fact of the answers alone, or says what is missing for one: no line stands for what was not measured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from wnmon.engine.run import Run
from wnmon.model.check import Auth
from wnmon.model.duration import show_duration
from wnmon.model.exchange import FailureKind
from wnmon.model.price import Amounts, added, show_at_most
from wnmon.model.result import BOUNDS, Outcome, Reason, Verdict, because
from wnmon.model.said import Said, Text, in_language
from wnmon.report.summary import (
    CheckedTarget,
    CheckReport,
    broken,
    copies_of,
    is_left_out,
    is_unjudged,
    of_verdict,
    waived,
    why_nothing,
)
from wnmon.report.text import shown, word
from wnmon.wire.answer import Answer
from wnmon.wire.reply import Form
from wnmon.wire.spending import claimed

MAX_NAMES = 3
MAX_RULES = 4
MAX_NAME_CHARS = 60
MAX_VERDICT_CHARS = 90
MAX_REFUSAL_CHARS = 160
"""Of why a model cannot be used, in the relay's own words: two lines of a usual terminal, the other facts being one."""


class Standing(StrEnum):
    """What a model came to. unusable: asked and not answered; unreached: nothing came back; unasked: nothing sent."""

    USABLE = "usable"
    BROKEN = "broken"
    IN_PART = "in_part"
    UNUSABLE = "unusable"
    UNREACHED = "unreached"
    UNASKED = "unasked"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstTokens:
    """The times to the first token that were measured, in seconds, in the order sent; else why there are none."""

    measured_s: tuple[float, ...] = ()
    why_none: str = ""

    @property
    def median_s(self) -> float | None:
        """Return their median, None where there are none."""
        return median(self.measured_s) if self.measured_s else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The tokens booked. `estimated` of `answers` do not say what they cost, or are not believed.

    `is_open`: a request was given up, and what it cost is not known. `money`: nothing where no price is known.
    """

    input_tokens: int
    output_tokens: int
    answers: int
    estimated: int
    is_open: bool
    money: Amounts

    @property
    def tokens(self) -> int:
        """Return those of both directions."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Gist:
    """One model in short. `verdict` says its standing; `names` are those the answers give, with how many do."""

    target: CheckedTarget
    standing: Standing
    verdict: Said
    names: tuple[tuple[str, int], ...]
    first_tokens: FirstTokens
    cost: Cost

    @property
    def was_answered(self) -> bool:
        """Tell whether any answer could be used."""
        return self.standing in {Standing.USABLE, Standing.BROKEN, Standing.IN_PART}


def gists(report: CheckReport) -> list[Gist]:
    """Return each model of a report in short, in the order asked."""
    return [_gist(report, target) for target in report.targets]


def _gist(report: CheckReport, target: CheckedTarget) -> Gist:
    runs = report.runs_of(target)
    answers = [answer for run in runs for answer in run.answers if answer.exchange.request.auth is Auth.NORMAL]
    standing, verdict = _standing(report, runs, answers)
    names = Counter(answer.reply.model for answer in answers if answer.reply.model and _is_success(answer))
    return Gist(
        target=target,
        standing=standing,
        verdict=verdict,
        names=tuple(names.most_common()),
        first_tokens=_first_tokens(runs),
        cost=_cost(runs),
    )


def _is_success(answer: Answer) -> bool:
    return 200 <= (answer.exchange.status or 0) < 300


def _was_sent(answer: Answer) -> bool:
    return answer.exchange.marks.sent_ns is not None


def _is_usable(answer: Answer) -> bool:
    """Tell whether an answer says anything; a cut one does, and that it is cut is for the rules to say."""
    return _is_success(answer) and any(choice.says_something for choice in answer.reply.choices)


def _standing(report: CheckReport, runs: Sequence[Run], answers: Sequence[Answer]) -> tuple[Standing, Said]:
    """Return what became of a model, by the first case that holds."""
    if not answers:
        return Standing.UNASKED, _said("unasked", why=runs[0].result.message if runs else Said("report_no_run"))
    if not any(map(_is_usable, answers)):
        is_heard = any(answer.exchange.status is not None for answer in answers)
        standing = Standing.UNUSABLE if is_heard else Standing.UNREACHED
        return standing, _said(standing.value, why=_why_unusable(runs, answers))
    rules = list(dict.fromkeys(row.rule for run in runs for row in broken(run) if report.binds(row.level)))
    if rules:
        some = ", ".join(rules[:MAX_RULES]) + (", …" if len(rules) > MAX_RULES else "")
        return Standing.BROKEN, _said("broken" if len(rules) > 1 else "broken_one", n=len(rules), rules=some)
    plain = next((run for run in runs if run.suite is None and run.result.outcome is Outcome.FAILED), None)
    if plain is not None:
        return Standing.BROKEN, _said("unexpected", why=plain.result.message)
    left_open = next((run for run in runs if is_unjudged(run, report.strict) and not is_left_out(run)), None)
    if left_open is not None or not report.complete:
        why = _why_open(left_open) if left_open is not None else Said("report_interrupted")
        return Standing.IN_PART, _said("in_part", why=why)
    excused = sum(report.binds(row.level) for run in runs for row in waived(run))
    return Standing.USABLE, _said("excused", n=excused) if excused else _said("usable")


def _said(standing: str, **holes: Text | int) -> Said:
    return Said(f"report_standing_{standing}", **holes)


def _why_unusable(runs: Sequence[Run], answers: Sequence[Answer]) -> Text:
    """Return what became of the first run that could not be judged, else the first fault there is."""
    errored = next((run for run in runs if run.result.outcome is Outcome.ERRORED), None)
    if errored is not None:
        return why_nothing(errored.result)
    fault = next((answer.fault for answer in answers if answer.fault is not None), None)
    if fault is None:
        return Said("report_standing_no_answer")
    return because(fault.reason, fault.message)


def _why_open(run: Run) -> Text:
    if run.result.reason is not Reason.OK and not run.was_judged:
        return why_nothing(run.result)
    return next((row.why for row in of_verdict(run, Verdict.INCONCLUSIVE)), run.result.message)


def _first_tokens(runs: Sequence[Run]) -> FirstTokens:
    """Return the measured times of streams. Those of a burst are left out: they wait for each other."""
    streams = [
        answer
        for run in runs
        for answer in run.answers
        if answer.exchange.request.stream and copies_of(run, answer.exchange) == 1
    ]
    timings = [answer.timing for answer in streams if answer.reply.form is Form.STREAM]
    came = [timing for timing in timings if timing.ttft_s is not None]
    measured_s = [one.ttft_s for one in came if one.ttft_s is not None and not one.is_suspect(*BOUNDS["ttft_s"])]
    if measured_s:
        return FirstTokens(measured_s=tuple(measured_s))
    was_sent = any(map(_was_sent, (answer for run in runs for answer in run.answers)))
    return FirstTokens(why_none="late" if came else "absent" if streams else "unasked" if was_sent else "unsent")


def _cost(runs: Sequence[Run]) -> Cost:
    input_tokens = sum(run.spent_input_tokens for run in runs)
    output_tokens = sum(run.spent_output_tokens for run in runs)
    sent = [answer for run in runs for answer in run.answers if _was_sent(answer)]
    unsaid = sum(None in claimed(answer).values() for answer in sent if (answer.exchange.status or 0) < 400)
    failures = [answer.exchange.failure for answer in sent]
    return Cost(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        answers=len(sent),
        estimated=min(unsaid + sum(len(run.usage_doubts) for run in runs), len(sent)),
        is_open=any(one is not None and one.kind is FailureKind.SHUTDOWN for one in failures),
        money=added(run.spent_money for run in runs),
    )


def verdict_of(gist: Gist, lang: str) -> str:
    """Return whether a model can be used, or why not, safe to show."""
    return shown(in_language(gist.verdict, lang), MAX_VERDICT_CHARS if gist.was_answered else MAX_REFUSAL_CHARS)


def answered_as(gist: Gist, lang: str) -> str:
    """Return on one line which models the answers name, and which was asked for where that is another name."""
    if not gist.names:
        return word("answered_unnamed" if gist.was_answered else "answered_nobody", lang)
    names = named(gist, lang)
    if [name for name, _ in gist.names] == [gist.target.model]:
        return word("answered_as", lang, names=names)
    return word("answered_as_other", lang, names=names, model=shown(gist.target.model, MAX_NAME_CHARS))


def named(gist: Gist, lang: str) -> str:
    """Return the names the answers give, with how many give each where they differ; "" where none does."""
    if len(gist.names) == 1:
        return shown(gist.names[0][0], MAX_NAME_CHARS)
    some = [word("answers_named", lang, name=shown(name, MAX_NAME_CHARS), n=n) for name, n in gist.names[:MAX_NAMES]]
    return word("comma", lang).join([*some, *(["…"] if len(gist.names) > MAX_NAMES else [])])


def first_token(gist: Gist, lang: str) -> str:
    """Return on one line how long the first token took, or why that is not known."""
    tokens = gist.first_tokens
    if tokens.median_s is None:
        return word("first_token_unmeasured", lang, why=Said(f"report_unmeasured_{tokens.why_none}"))
    kind, n = ("once" if len(tokens.measured_s) == 1 else "median"), len(tokens.measured_s)
    return word(f"first_token_{kind}", lang, took=show_duration(tokens.median_s), n=n)


def spent(gist: Gist, lang: str) -> str:
    """Return on one line what a model cost: tokens, and money where its price is known."""
    cost = gist.cost
    if not cost.answers:
        return word("spent_nothing", lang)
    kind = "spent_least" if cost.is_open else "spent_about" if cost.estimated else "spent"
    return word(kind, lang, tokens=f"{cost.tokens:,}", money=_money(cost, lang), n=cost.estimated, m=cost.answers)


def _money(cost: Cost, lang: str) -> str:
    return word("spent_money", lang, money=show_at_most(cost.money)) if cost.money and cost.tokens else ""


def lines(gist: Gist, lang: str) -> tuple[str, ...]:
    """Return the lines a check of one model begins with: three, or two where the first may need the room of two."""
    measured = f"{first_token(gist, lang)} · {spent(gist, lang)}"
    if not gist.was_answered:
        return verdict_of(gist, lang), f"{answered_as(gist, lang)} · {measured}"
    return verdict_of(gist, lang), answered_as(gist, lang), measured


COLUMNS = ("model", "verdict", "ttft", "answered", "tokens")
"""The words (`report_…`) that head the table a check of several models begins with."""


def cells(gist: Gist, lang: str) -> tuple[str, ...]:
    """Return the row of a model under `COLUMNS`."""
    cost, took_s = gist.cost, gist.first_tokens.median_s
    about = "≥ " if cost.is_open else "≈ " if cost.estimated else ""
    return (
        shown(gist.target.model, MAX_NAME_CHARS),
        verdict_of(gist, lang),
        "–" if took_s is None else show_duration(took_s),
        named(gist, lang) or "–",
        f"{about}{cost.tokens:,}{_money(cost, lang)}",
    )

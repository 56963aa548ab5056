"""Each documented member of a completion × each kind of wrong value, against a table written by hand.

The table follows the API page's response schema, JSON Schema 2020-12 and RFC 8259, not what wnmon does; its legal cells
are held as firmly as the others: 1.0 is an integer and true is none, [] is an array of objects, "" is a string, and a
member nobody documented is allowed. Judged are the rules of checks/documented.yaml themselves.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from suite_samples import judge_exchanges
from vendor_bodies import BODIES, Body

from wnmon.config import load_suites, narrow
from wnmon.model.check import Auth
from wnmon.model.exchange import Chunk, Exchange, Marks, Request
from wnmon.model.result import RuleVerdict, Verdict
from wnmon.model.said import Said, Text

ROOT = Path(__file__).parents[3]
RULES = ("DOC-003", "ERR-006", *(f"DOC-{number:03d}" for number in range(4, 12)))
PLAN = narrow(load_suites(["builtin:documented"], ROOT)[0], profiles=["documented"], only=RULES)
SCHEMA = json.loads((ROOT / "wnmon/wire/schemas/documented-response.json").read_text("utf-8"))
MS = 1_000_000

# What each column writes in the place of the member's value. `absent` and `twice` change the member itself.
LEXEMES = {
    "null": "null",
    "1.5": "1.5",
    "1.0": "1.0",
    "1e9": "1e9",
    "7": "7",
    "-1": "-1",
    "huge": "1" + "0" * 250,
    "true": "true",
    '"7"': '"7"',
    '""': '""',
    "[]": "[]",
    "[{}]": "[{}]",
    "[7]": "[7]",
    "{}": "{}",
    "NaN": "NaN",
    "-Infinity": "-Infinity",
    "long": "1" + "0" * 400,
}

# x: breaks the rule named at the head of the line. J: no JSON text, breaks DOC-003. L: JSON beyond wnmon's limits,
# which is no fault of the relay. A dot is legal.
TABLE = """
rule    member                   absent null 1.5 1.0 1e9 7 -1 huge true "7" "" [] [{}] [7] {} twice NaN -Infinity long
DOC-004 /id                      x      x    x   x   x   x x  x    x    .   .  x  x    x   x  J     J   J         L
DOC-005 /model                   x      x    x   x   x   x x  x    x    .   .  x  x    x   x  J     J   J         L
DOC-006 /object                  x      x    x   x   x   x x  x    x    .   .  x  x    x   x  J     J   J         L
DOC-007 /created                 x      x    x   .   .   . .  .    x    x   x  x  x    x   x  J     J   J         L
DOC-008 /choices                 x      x    x   x   x   x x  x    x    x   x  .  .    x   x  J     J   J         L
DOC-009 /system_fingerprint      x      x    x   x   x   x x  x    x    .   .  x  x    x   x  J     J   J         L
DOC-010 /usage                   x      x    x   x   x   x x  x    x    x   x  x  x    x   x  J     J   J         L
DOC-010 /usage/prompt_tokens     x      x    x   .   .   . .  .    x    x   x  x  x    x   x  J     J   J         L
DOC-010 /usage/completion_tokens x      x    x   .   .   . .  .    x    x   x  x  x    x   x  J     J   J         L
DOC-010 /usage/total_tokens      x      x    x   .   .   . .  .    x    x   x  x  x    x   x  J     J   J         L
DOC-011 /choices/0/index         .      x    x   .   .   . .  .    x    x   x  x  x    x   x  J     J   J         L
DOC-011 /choices/0/message       .      x    x   x   x   x x  x    x    x   x  x  x    x   .  J     J   J         L
DOC-011 /choices/0/finish_reason .      x    x   x   x   x x  x    x    .   .  x  x    x   x  J     J   J         L
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One place of the table."""

    rule: str
    member: str
    column: str
    mark: str

    @property
    def name(self) -> str:
        return f"{self.member} {self.column}"


def cells() -> list[Cell]:
    head, *lines = (line.split() for line in TABLE.strip().splitlines())
    return [
        Cell(rule=rule, member=member, column=column, mark=mark)
        for rule, member, *marks in lines
        for column, mark in zip(head[2:], marks, strict=True)
    ]


CELLS = cells()


def written(body: Body, *changes: Cell) -> str:
    """Return the JSON text of a body in which each cell was applied to its member."""
    value = copy.deepcopy(body)
    lexemes = [_apply(value, cell, place) for place, cell in enumerate(changes)]
    text = json.dumps(value, ensure_ascii=False)
    for place, lexeme in enumerate(lexemes):
        text = text.replace(f'"@{place}@"', lexeme)
    return text


def _apply(value: Any, cell: Cell, place: int) -> str:
    """Change a member; return what is to be written where its mark stands."""
    *parents, last = cell.member.split("/")[1:]
    for key in parents:
        value = value[int(key)] if isinstance(value, list) else value[key]
    if cell.column == "absent":
        del value[last]
        return ""
    if cell.column == "twice":
        value[f"@{place}@"] = value[last]
        return json.dumps(last)
    value[last] = f"@{place}@"
    return LEXEMES[cell.column]


def judged(text: str) -> dict[str, RuleVerdict]:
    """Return the verdicts on a completion of these bytes."""
    (step,) = PLAN.steps
    answer = Exchange(
        request=Request(
            step=step.name, method="POST", url="http://r", headers=(), body=b"{}", auth=Auth.NORMAL, stream=False
        ),
        started_at_s=1_700_000_000.0,
        marks=Marks(started_ns=0, sent_ns=MS, headers_ns=2 * MS, end_ns=9 * MS),
        status=200,
        headers=(("Content-Type", "application/json"),),
        chunks=(Chunk(3 * MS, text.encode()),),
    )
    result = judge_exchanges(PLAN, answer, model="small-model-1")
    return {verdict.rule: verdict for verdict in result.verdicts if verdict.rule in RULES}


def of_verdict(verdicts: dict[str, RuleVerdict], verdict: Verdict) -> set[str]:
    return {rule for rule, one in verdicts.items() if one.verdict is verdict}


def expected(*changes: Cell) -> tuple[set[str], set[str]]:
    """Return (broken rules, rules that cannot be judged) after the table and the `needs` of the rules."""
    marks = {cell.mark for cell in changes}
    if "J" in marks:
        return {"DOC-003"}, set(RULES) - {"DOC-003"}
    if "L" in marks:
        return set(), set(RULES)
    failed = {cell.rule for cell in changes if cell.mark == "x"}
    unjudged = {"DOC-011"} if "DOC-008" in failed else set()
    return failed - unjudged, unjudged


def verdicts_on(text: str) -> tuple[set[str], set[str]]:
    verdicts = judged(text)
    return of_verdict(verdicts, Verdict.FAILED), of_verdict(verdicts, Verdict.INCONCLUSIVE)


def test_the_table_has_a_line_for_each_documented_member() -> None:
    documented = SCHEMA["properties"]
    members = [f"/{name}" for name in documented]
    members += [f"/usage/{name}" for name in documented["usage"]["properties"]]
    members += [f"/choices/0/{name}" for name in documented["choices"]["items"]["properties"]]

    assert sorted(members) == sorted({cell.member for cell in CELLS})


@pytest.mark.parametrize("vendor", BODIES)
def test_the_shape_of_a_vendor_breaks_no_rule(vendor: str) -> None:
    assert of_verdict(judged(json.dumps(BODIES[vendor])), Verdict.PASSED) == set(RULES)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_a_member_breaks_its_own_rule_or_none_in_every_shape(cell: Cell) -> None:
    seen = {vendor: verdicts_on(written(body, cell)) for vendor, body in BODIES.items()}

    assert seen == dict.fromkeys(BODIES, expected(cell))


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell.mark in "x."], ids=lambda cell: cell.name)
def test_the_published_schema_says_the_same_as_the_table(cell: Cell) -> None:
    assert Draft202012Validator(SCHEMA).is_valid(json.loads(written(BODIES["plain"], cell))) is (cell.mark == ".")


@pytest.mark.parametrize(
    "cell", [cell for cell in CELLS if cell.mark == "x" and cell.column in {"absent", "null", "true"}], ids=str
)
def test_a_complaint_names_the_member_and_what_stood_there(cell: Cell) -> None:
    kinds: dict[str, Text] = {"absent": Said("absent"), "null": "null", "true": "boolean true"}
    complaints = [(one.place, one.actual) for one in judged(written(BODIES["plain"], cell))[cell.rule].findings]

    assert complaints == [(cell.member, kinds[cell.column])]


def test_an_item_of_choices_that_is_no_object_is_named() -> None:
    cell = next(cell for cell in CELLS if cell.name == "/choices [7]")
    (complaint,) = judged(written(BODIES["plain"], cell))["DOC-008"].findings

    assert (complaint.place, complaint.actual) == ("/choices/0", "integer 7")


@st.composite
def changes(draw: st.DrawFn) -> list[Cell]:
    """Draw one to five cells, none inside another's member.

    Of text that is no JSON and text that is too long, the one that comes first is told; so they are not drawn together.
    """
    drawn: list[Cell] = []
    for cell in draw(st.lists(st.sampled_from(CELLS), min_size=1, max_size=5)):
        if not any(_nested(cell.member, other.member) for other in drawn):
            drawn.append(cell)
    no_json = any(cell.mark == "J" for cell in drawn)
    return [cell for cell in drawn if not (no_json and cell.mark == "L")]


def _nested(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def values() -> st.SearchStrategy[Any]:
    plain = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=8)
    )
    return st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names(), inner, max_size=3))


def _names() -> st.SearchStrategy[str]:
    return st.text(max_size=6).map(lambda name: f"x_{name}")


@given(vendor=st.sampled_from(sorted(BODIES)), wrong=changes())
@settings(max_examples=400, deadline=None)
def test_wrong_members_together_break_what_they_break_alone(vendor: str, wrong: list[Cell]) -> None:
    assert verdicts_on(written(BODIES[vendor], *wrong)) == expected(*wrong)


@given(
    vendor=st.sampled_from(sorted(BODIES)),
    wrong=changes(),
    extra=st.dictionaries(_names(), values(), max_size=3),
    where=st.sampled_from(["", "usage", "choices", "message"]),
)
@settings(max_examples=300, deadline=None)
def test_members_nobody_documented_change_no_verdict(vendor: str, wrong: list[Cell], extra: Body, where: str) -> None:
    body = copy.deepcopy(BODIES[vendor])
    choice = body["choices"][0]
    {"": body, "usage": body["usage"], "choices": choice, "message": choice["message"]}[where].update(extra)

    assert verdicts_on(written(body, *wrong)) == expected(*wrong)

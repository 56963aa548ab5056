"""`parameters` of a target, and `about` of a request: how models want to be asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_samples import probe, problems, target, write

from wnmon.config import load_suites
from wnmon.engine.costs import worst_run
from wnmon.errors import ConfigError
from wnmon.model.check import Plan
from wnmon.model.parameters import Parameters

BASE = "base_url: https://relay.example"
ALL = (
    "rename: {max_tokens: max_completion_tokens}, drop: [temperature], add: {enable_thinking: false}, stream: only, "
    "output_tokens: 2048"
)


def parameters(folder: Path, members: str) -> dict[str, Parameters]:
    return dict(target(folder, f"{BASE}, parameters: {{{members}}}").parameters)


def test_a_target_without_parameters_has_none(tmp_path: Path) -> None:
    assert target(tmp_path, BASE).parameters == {}


def test_each_key_is_read_for_every_model(tmp_path: Path) -> None:
    one = Parameters(
        rename={"max_tokens": "max_completion_tokens"},
        drop=frozenset({"temperature"}),
        add={"enable_thinking": False},
        stream_only=True,
        output_tokens=2048,
    )

    assert parameters(tmp_path, ALL) == {"a": one, "b": one}


def test_a_model_of_its_own_has_them_alone(tmp_path: Path) -> None:
    assert parameters(tmp_path, "models: {b: {drop: [top_p]}}") == {"b": Parameters(drop=frozenset({"top_p"}))}


def test_a_model_adds_to_those_of_its_target(tmp_path: Path) -> None:
    found = parameters(tmp_path, "drop: [seed], models: {b: {drop: [top_p], output_tokens: 9}}")

    assert found == {
        "a": Parameters(drop=frozenset({"seed"})),
        "b": Parameters(drop=frozenset({"seed", "top_p"}), output_tokens=9),
    }


def test_a_value_of_any_kind_may_be_added(tmp_path: Path) -> None:
    found = parameters(tmp_path, "add: {thinking: {type: disabled}, list: [1, null]}")

    assert found["a"].add == {"thinking": {"type": "disabled"}, "list": [1, None]}


PARAMETER = "a parameter other than model, messages and stream"


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ("{}", "parameters: expected a mapping with"),
        ("{rename: {model: x}}", f'rename.model: expected {PARAMETER}, not "model"'),
        ("{rename: {x: messages}}", f'rename.x: expected {PARAMETER}, not "messages"'),
        ("{rename: {x: 1}}", f"rename.x: expected {PARAMETER}, not 1"),
        ("{rename: {}}", "rename: expected a mapping of parameters to their new names"),
        ("{rename: [x]}", "rename: expected a mapping of parameters to their new names, not a list"),
        (
            "{rename: {x: x}}",
            'rename.x: "x" is the name of a parameter already, every parameter needs its own new name',
        ),
        ("{rename: {x: z, y: z}}", 'rename.y: "z" is the name of a parameter already'),
        ("{drop: [messages]}", f'drop[0]: expected {PARAMETER}, not "messages"'),
        ("{drop: [model]}", f'drop[0]: expected {PARAMETER}, not "model"'),
        ("{drop: [stream]}", f'drop[0]: expected {PARAMETER}, not "stream"'),
        ('{drop: [""]}', f'drop[0]: expected {PARAMETER}, not ""'),
        ("{drop: []}", "drop: expected a list of parameters"),
        ("{drop: temperature}", 'drop: expected a list of parameters, not "temperature"'),
        ("{drop: [x, x]}", 'drop[1]: "x" stands here twice, keep one of them'),
        ("{drop: [x], add: {x: 1}}", 'drop[0]: "x" is dropped, and renamed or added too, keep one of them'),
        ("{drop: [x], rename: {x: y}}", 'drop[0]: "x" is dropped, and renamed or added too, keep one of them'),
        ("{add: {model: x}}", f'add.model: expected {PARAMETER}, not "model"'),
        ("{add: {stream: true}}", f'add.stream: expected {PARAMETER}, not "stream"'),
        ("{add: [x]}", "add: expected a mapping of parameters to values, not a list"),
        ("{add: {}}", "add: expected a mapping of parameters to values"),
        ("{stream: true}", "stream: expected only, not true"),
        ("{stream: always}", 'stream: expected only, not "always"'),
        ("{output_tokens: 0}", "output_tokens: expected a whole number from 1 to 1000000, not 0"),
        ("{output_tokens: 1.5}", "output_tokens: expected a whole number from 1 to 1000000, not 1.5"),
        ("{output_tokens: many}", 'output_tokens: expected a whole number from 1 to 1000000, not "many"'),
        ("{output_tokens: 2000000}", "output_tokens: expected a whole number from 1 to 1000000, not 2000000"),
        ("{droop: [x]}", 'droop: unknown key, did you mean "drop"?'),
        ("{models: {c: {drop: [x]}}}", "models.c: unknown model, one of a, b"),
        ("{models: {a: {drop: [model]}}}", f'models.a.drop[0]: expected {PARAMETER}, not "model"'),
        ("{models: {a: {models: {a: {drop: [x]}}}}}", "models.a.models: unknown key"),
        ("{models: {a: {}}}", "models.a: expected a mapping with"),
        ("{models: {}}", "models: expected a mapping of models to parameters"),
        ("{models: [a]}", "models: expected a mapping of models to parameters, not a list"),
        ("[drop]", "parameters: expected a mapping with"),
        ("only", "parameters: expected a mapping with"),
    ],
)
def test_parameters_that_are_none_are_refused(members: str, said: str, tmp_path: Path) -> None:
    found = problems(tmp_path, f"targets:\n  wn: {{{BASE}, models: [a, b], parameters: {members}}}\n")

    assert len(found) == 1
    assert said in found[0]
    assert found[0].startswith("wnmon.yaml:2:")


# --- `about` of a request

SUITE = """suite: s
requests:
  ask: {prompt: x, request: {max_tokens: 5, stop: ["7"]}, about: %s}
rules:
  R-001: {on: ask, levels: {p: MUST}, says: {en: x}, source: x, expect: {status: 200}}
"""


def suite(folder: Path, about: str) -> Plan:
    return load_suites([str(write(folder, SUITE % about, "s.yaml"))], folder)[0]


def test_a_request_may_be_about_a_member(tmp_path: Path) -> None:
    assert suite(tmp_path, "[stop]").steps[0].about == frozenset({"stop"})


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ("[stopp]", 'the body has no such member, did you mean "stop"?'),
        ("[]", "expected a list of body members"),
        ("stop", "expected a list of body members"),
        ("[1]", "expected text"),
    ],
)
def test_what_a_request_cannot_be_about_is_refused(about: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        suite(tmp_path, about)

    assert said in str(caught.value.problems[0])


# --- what it costs


@pytest.mark.parametrize(
    ("asked", "requests", "output"),
    [
        (Parameters(), 1, 5),
        (Parameters(output_tokens=100), 1, 100),
        (Parameters(drop=frozenset({"max_tokens"})), 1, 4096),
        (Parameters(rename={"max_tokens": "max_completion_tokens"}), 1, 5),
        (Parameters(stream_only=True), 0, 0),
        (Parameters(drop=frozenset({"stop"})), 0, 0),
    ],
)
def test_a_plan_costs_what_is_sent(asked: Parameters, requests: int, output: int, tmp_path: Path) -> None:
    cost = worst_run(probe(suite(tmp_path, "[stop]"), asked))

    assert (cost.requests, cost.output_tokens) == (requests, output)

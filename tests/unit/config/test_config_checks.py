"""Checks: what is sent, when, to whom, and what must hold."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from config_samples import TARGET, config, write

from wnmon.config.spend import plan_spend
from wnmon.model.check import Auth, Check, Confirm, Level, Selector, Timeouts
from wnmon.model.json import Json

TWO = """targets:
  a: {base_url: https://a.example, models: [m, n]}
  b: {base_url: https://b.example, models: [n, o]}
"""


def check(folder: Path, members: str) -> Check:
    return config(folder, f"{TARGET}checks:\n  alive: {members}\n").checks[0]


def body(folder: Path, members: str) -> dict[str, Json]:
    return dict(check(folder, members).plan.steps[0].body)


def test_a_prompt_is_one_user_message(tmp_path: Path) -> None:
    assert body(tmp_path, 'prompt: "hi {{nonce}}"'.join("{}")) == {
        "model": "{{model}}",
        "messages": [{"role": "user", "content": "hi {{nonce}}"}],
    }


def test_members_of_the_request_join_the_body_as_they_stand(tmp_path: Path) -> None:
    found = body(tmp_path, '{request: {messages: [{role: user, content: "$$e=mc^2$$ ${HOME}"}], model: x, top_p: 1}}')

    assert found == {"model": "x", "messages": [{"role": "user", "content": "$$e=mc^2$$ ${HOME}"}], "top_p": 1}


def test_omitted_members_are_left_out(tmp_path: Path) -> None:
    assert list(body(tmp_path, "{prompt: a, omit: [model], lint: off}")) == ["messages"]


def test_a_raw_body_is_kept_verbatim_and_still_known_to_stream(tmp_path: Path) -> None:
    raw = '{"model": "m", "messages": [{"role": "user", "content": "a"}], "stream": true}'

    step = check(tmp_path, f"{{body: '{raw}', expect: {{stream: complete}}}}").plan.steps[0]

    assert (step.raw_body, step.stream) == (raw, True)


@pytest.mark.parametrize("raw", ["{", "[]", ""])
def test_a_raw_body_that_is_no_json_object_needs_lint_off(raw: str, tmp_path: Path) -> None:
    step = check(tmp_path, f"{{body: '{raw}', lint: off}}").plan.steps[0]

    assert (step.raw_body, step.body) == (raw, {})


def test_a_request_without_expect_must_answer_200(tmp_path: Path) -> None:
    expected = check(tmp_path, "{prompt: a}").plan.steps[0].expect

    assert [(one.kind, one.value) for one in expected] == [("status", 200)]


def test_auth_and_headers_belong_to_the_step(tmp_path: Path) -> None:
    step = check(tmp_path, "{prompt: a, auth: wrong, headers: {Accept: text/plain}}").plan.steps[0]

    assert (step.auth, step.headers) == (Auth.WRONG, (("Accept", "text/plain"),))


def test_steps_keep_their_order_and_names(tmp_path: Path) -> None:
    plan = check(tmp_path, "{steps: [{name: one, prompt: a}, {name: two, prompt: b}]}").plan

    assert [step.name for step in plan.steps] == ["one", "two"]


def test_a_check_knows_where_it_stands(tmp_path: Path) -> None:
    assert check(tmp_path, "{prompt: a}").place == f"{tmp_path}/wnmon.yaml:3"


@pytest.mark.parametrize(
    ("members", "every_s", "timeouts"),
    [
        ("{prompt: a}", 900, Timeouts()),
        ("{prompt: a, every: 1h30m, timeout: 90s}", 5400, Timeouts(total_s=90)),
        ("{prompt: a, timeout: {connect: 500ms, stall: 1m}}", 900, Timeouts(connect_s=0.5, stall_s=60)),
    ],
)
def test_what_a_check_leaves_out_is_filled_in(members: str, every_s: float, timeouts: Timeouts, tmp_path: Path) -> None:
    found = check(tmp_path, members)

    assert (found.every_s, found.timeouts) == (every_s, timeouts)


def test_defaults_are_inherited_by_included_files_and_overridden_there(tmp_path: Path) -> None:
    write(tmp_path, "defaults: {timeout: {total: 20s}}\nchecks: {inner: {prompt: a}}", "more.yaml")

    inner = config(tmp_path, f"{TARGET}include: [more.yaml]\ndefaults: {{every: 2h, timeout: {{stall: 5s}}}}").checks[0]

    assert (inner.every_s, inner.timeouts) == (7200, Timeouts(stall_s=5, total_s=20))


@pytest.mark.parametrize(
    ("members", "probes"),
    [
        ("", ["a/c/m", "a/c/n", "b/c/n", "b/c/o"]),
        (", targets: [b]", ["b/c/n", "b/c/o"]),
        (", models: [n]", ["a/c/n", "b/c/n"]),
        (", targets: [a], models: [m]", ["a/c/m"]),
    ],
)
def test_a_check_is_spread_over_targets_and_models(members: str, probes: list[str], tmp_path: Path) -> None:
    found = config(tmp_path, f"{TWO}checks: {{c: {{prompt: a{members}}}}}").probes

    assert [probe.id for probe in found] == probes


@pytest.mark.parametrize("kind", ["models", "balance"])
def test_a_check_of_the_relay_itself_is_one_probe_for_each_target(kind: str, tmp_path: Path) -> None:
    found = config(tmp_path, f"{TWO}checks: {{c: {{kind: {kind}}}}}").probes

    assert [probe.id for probe in found] == ["a/c/", "b/c/"]


def test_the_models_of_each_target_are_to_be_listed(tmp_path: Path) -> None:
    found = config(tmp_path, f"{TWO}checks: {{c: {{kind: models}}}}").probes

    assert [probe.check.plan.wanted for probe in found] == [("m", "n"), ("n", "o")]


def test_a_minimum_is_the_number_as_it_is_written(tmp_path: Path) -> None:
    (probe,) = config(tmp_path, f"{TARGET}checks: {{c: {{kind: balance, min: 0.1}}}}").probes

    assert probe.check.plan.least == Decimal("0.1")


def test_asking_the_relay_itself_has_no_price_to_miss(tmp_path: Path) -> None:
    spend = plan_spend(config(tmp_path, f"{TARGET}checks: {{c: {{kind: balance}}}}"))

    assert (spend.total().tokens_per_day, spend.total().unpriced) == (0, ())


def test_too_many_probes_are_refused(tmp_path: Path) -> None:
    from config_samples import problems

    models = ", ".join(f"m{n}" for n in range(2001))
    checks = ", ".join(f"c{n}: {{prompt: a}}" for n in range(10))
    text = f"targets: {{wn: {{base_url: https://relay.example, models: [{models}]}}}}\nchecks: {{{checks}}}"

    assert problems(tmp_path, text) == [
        "wnmon.yaml:1:1: expected at most 20000 probes (check × target × model), not more, "
        "name targets and models in checks"
    ]


def test_a_suite_check_has_the_rules_of_its_profiles(tmp_path: Path) -> None:
    plan = check(tmp_path, "{suite: builtin:good, gate: SHOULD}").plan

    assert [rule.id for rule in plan.rules] == ["GOOD-001", "GOOD-002", "GOOD-003", "GOOD-004", "GOOD-005"]
    assert (plan.suite, plan.gate, plan.profiles) == ("good", Level.SHOULD, ("documented",))


def test_a_suite_check_may_choose_profiles(tmp_path: Path) -> None:
    plan = check(tmp_path, "{suite: builtin:good, profiles: [plain]}").plan

    assert ([rule.id for rule in plan.rules], plan.gate) == (["GOOD-001", "GOOD-006"], None)


def test_a_suite_is_found_relative_to_the_file_that_names_it(tmp_path: Path) -> None:
    rule = "{on: a, levels: {p: MUST}, says: {en: x}, source: y, expect: {status: 200}}"
    suite = f"suite: s\nrequests: {{a: {{prompt: a}}}}\nrules: {{A-1: {rule}}}"
    write(tmp_path, suite, "inner/suite.yaml")
    write(tmp_path, "checks: {c: {suite: suite.yaml}, d: {suite: suite.yaml}}", "inner/checks.yaml")

    found = config(tmp_path, f"{TARGET}include: [inner/checks.yaml]")

    assert [one.plan.suite for one in found.checks] == ["s", "s"]


def test_conforms_expands_to_the_built_in_rules_that_apply(tmp_path: Path) -> None:
    plan = check(tmp_path, "{prompt: a, expect: {conforms: documented}}").plan

    assert [(rule.id, rule.on, rule.needs) for rule in plan.rules] == [
        ("GOOD-001", Selector(requests=("request",)), ()),
        ("GOOD-002", Selector(requests=("request",)), ("GOOD-001", "GOOD-003")),
        ("GOOD-003", Selector(requests=("request",), status="200", stream=False), ()),
    ]
    assert (plan.gate, plan.profiles, plan.suite) == (Level.MUST, ("documented",), None)


def test_conforms_of_a_streamed_request_takes_the_rules_of_streams(tmp_path: Path) -> None:
    plan = check(tmp_path, "{prompt: a, request: {stream: true}, expect: {conforms: stream}}").plan

    assert [rule.id for rule in plan.rules] == ["FLOW-001"]


def test_conforms_drops_needs_that_do_not_apply(tmp_path: Path) -> None:
    plan = check(tmp_path, "{prompt: a, expect: {conforms: plain}}").plan

    assert [(rule.id, rule.levels, rule.needs) for rule in plan.rules] == [("GOOD-001", {"plain": Level.MAY}, ())]


def test_a_rule_two_steps_conform_to_is_judged_on_both(tmp_path: Path) -> None:
    steps = "[{name: a, prompt: a, expect: {conforms: documented}}, {name: b, prompt: b, expect: {conforms: plain}}]"

    plan = check(tmp_path, f"{{steps: {steps}}}").plan

    first = plan.rules[0]
    assert (first.id, first.on.requests) == ("GOOD-001", ("a", "b"))
    assert first.levels == {"documented": Level.MUST, "plain": Level.MAY}
    assert plan.profiles == ("documented", "plain")


def test_labels_of_a_check_are_kept(tmp_path: Path) -> None:
    assert check(tmp_path, "{prompt: a, labels: {env: prod}}").labels == {"env": "prod"}


def test_an_interval_may_equal_the_total_timeout(tmp_path: Path) -> None:
    assert check(tmp_path, "{prompt: a, every: 60s}").every_s == 60


@pytest.mark.parametrize(
    ("defaults", "own", "expected"),
    [
        ("", "", Confirm()),
        ("{down: 3}", "", Confirm(down=3)),
        ("{down: 3, recheck: 5s}", "{up: 2}", Confirm(down=3, up=2, recheck_s=5)),
        ("{recheck: 5s}", "{recheck: never}", Confirm(recheck_s=None)),
        ("{recheck: never}", "{recheck: 1m}", Confirm(recheck_s=60)),
    ],
)
def test_what_confirms_an_outage_is_inherited_key_by_key(
    tmp_path: Path, defaults: str, own: str, expected: Confirm
) -> None:
    text = f"defaults: {{{f'confirm: {defaults}' if defaults else ''}}}\n{TARGET}"
    checks = f"checks: {{a: {{prompt: a{f', confirm: {own}' if own else ''}}}}}"
    assert config(tmp_path, text + checks).checks[0].confirm == expected

"""Names of models as many vendors write them: which are one model, which are another, and which nobody can tell."""

from __future__ import annotations

import pytest
from judge_samples import check, completion, judged, rule, step, verdict_of

from wnmon.judge.model_names import MAX_NAME_CHARS, Kinship, kinship
from wnmon.model.check import Plan
from wnmon.model.result import Outcome, Reason, Verdict
from wnmon.model.said import Said

SAME = [
    ("gpt-4o", "gpt-4o"),
    ("gpt-4o", "gpt-4o-2024-08-06"),
    ("gpt-4o", "gpt-4o-20240806"),
    ("gpt-4o", "gpt-4o-240806"),
    ("gpt-4o", "gpt-4o-2024-08"),
    ("gpt-4o", "openai/gpt-4o-2024-08-06"),
    ("gpt-4o", "azure/gpt-4o"),
    ("openai/gpt-4o", "azure/gpt-4o"),
    ("gpt-4o", "gpt-4o_2024-08-06"),
    ("gpt-4o", "gpt-4o_latest"),
    ("gpt-4o", "GPT-4o"),
    ("openai/gpt-4o", "gpt-4o-2024-08-06"),
    ("openrouter/openai/gpt-4o", "openai/gpt-4o"),
    ("openai/gpt-4o", "azure/openai/gpt-4o"),
    ("openai/gpt-4o", "hub/openai/gpt-4o"),
    ("gpt-4", "gpt-4-0613"),
    ("gpt-4o-2024-08-06", "gpt-4o-2024-08-06"),
    ("gpt-4o-2024-08-06", "gpt-4o-20240806"),
    ("gpt-4o-2024-08-06", "gpt-4o-240806"),
    ("gpt-4-0613", "gpt-4-2023-06-13"),
    ("gpt-3.5-turbo", "gpt-35-turbo"),
    ("gpt-3.5-turbo", "gpt-3.5-turbo-0125"),
    ("claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022"),
    ("claude-3-5-sonnet", "claude-3-5-sonnet-latest"),
    ("claude-3-5-sonnet-20241022", "claude-3-5-sonnet-2024-10-22"),
    ("claude-3-5-sonnet-20241022", "claude-3-5-sonnet@20241022"),
    ("claude-3-5-sonnet-20241022", "us.anthropic.claude-3-5-sonnet-20241022-v2:0"),
    ("claude-3-5-sonnet", "claude-3-5-sonnet@20241022"),
    ("anthropic/claude-3.5-sonnet", "claude-3-5-sonnet-20241022"),
    ("claude-sonnet-4-0", "claude-sonnet-4-20250514"),
    ("claude-3-haiku", "anthropic.claude-3-haiku-20240307-v1:0"),
    ("anthropic/claude-3-haiku", "anthropic.claude-3-haiku-20240307-v1:0"),
    ("anthropic/claude-3-haiku", "us.anthropic.claude-3-haiku-20240307-v1:0"),
    ("gemini-1.5-pro", "models/gemini-1.5-pro-002"),
    ("models/gemini-1.5-pro", "gemini-1.5-pro"),
    ("models/gemini-1.5-pro", "google/gemini-1.5-pro"),
    ("publishers/google/models/gemini-1.5-flash", "google/gemini-1.5-flash-002"),
    ("gemini-2.0-flash", "gemini-2.0-flash-001"),
    ("gemini-2.5-pro-preview", "gemini-2.5-pro-preview-05-06"),
    ("gemini-pro", "gemini-pro@001"),
    ("gemini-pro@default", "gemini-pro"),
    ("grok-2-latest", "grok-2-1212"),
    ("mistral-large-latest", "mistral-large-2407"),
    ("command-r-plus", "command-r-plus-08-2024"),
    ("llama3", "llama3:latest"),
    ("llama3:latest", "llama3"),
    ("llama3:70b", "llama3:70b"),
    ("meta-llama/llama-3.1-8b-instruct:free", "meta-llama/llama-3.1-8b-instruct"),
    ("llama-v3p1-8b", "accounts/fireworks/models/llama-v3p1-8b"),
    ("deepseek-chat", "deepseek/deepseek-chat"),
    ("deepseek-r1", "deepseek/deepseek-r1-0528"),
    ("qwen-max", "qwen-max-2025-01-25"),
    ("qwen-max", "qwen-max-0919"),
    ("glm-4", "glm-4-0520"),
    ("doubao-pro-32k", "doubao-pro-32k-241215"),
    ("kimi-k2-preview", "kimi-k2-0711-preview"),
    ("gpt-4-1106-preview", "gpt-4-1106-preview"),
    ("[逆]gpt-4o", "[逆]gpt-4o"),
]
OTHER = [
    ("gpt-4o", "gpt-4o-mini"),
    ("gpt-4o", "gpt-4o-mini-2024-07-18"),
    ("gpt-4o", "openai/gpt-4o-mini-2024-07-18"),
    ("gpt-4o-mini", "gpt-4o"),
    ("gpt-4o", "gpt-4"),
    ("gpt-4o", "gpt-4o-audio-preview"),
    ("gpt-4o", "chatgpt-4o-latest"),
    ("gpt-4o", "gpt-4o2024"),
    ("gpt-4o", "gpt-4o-2024-13-01"),
    ("gpt-4o", "gpt-4o-1"),
    ("gpt-4o", "gpt-4.1"),
    ("gpt-4o", "openai/"),
    ("gpt-4o", ""),
    ("gpt-4o-latest", "gpt-4o-mini-2024-07-18"),
    ("gpt-4o-2024-08-06", "gpt-4o-2024-05-13"),
    ("gpt-4o-2024-08-06", "gpt-4o-preview"),
    ("gpt-4", "gpt-4-turbo"),
    ("gpt-4", "gpt-4-turbo-2024-04-09"),
    ("gpt-4", "gpt-4-32k-0613"),
    ("gpt-4", "gpt-4.1"),
    ("gpt-4", "gpt-4.5"),
    ("gpt-4.1", "gpt-4.1-nano"),
    ("gpt-4-0613", "gpt-4-0314"),
    ("gpt-4-turbo-preview", "gpt-4-0613"),
    ("gpt-4-1106-preview", "gpt-4-0125-preview"),
    ("gpt-3.5-turbo", "gpt-3.5-turbo-16k"),
    ("gpt-5", "gpt-5-mini"),
    ("o1", "o1-mini"),
    ("o1-preview", "o1-mini"),
    ("o1-preview", "o1-mini-preview"),
    ("o3", "o3-mini-2025-01-31"),
    ("claude-3-5-sonnet", "claude-3-5-haiku"),
    ("claude-3-5-sonnet", "claude-3-sonnet-20240229"),
    ("claude-3-5-sonnet", "claude-3-7-sonnet-20250219"),
    ("claude-3-5-sonnet-latest", "claude-3-5-haiku-20241022"),
    ("claude-3-5-sonnet-20241022", "claude-3-5-sonnet-20240620"),
    ("claude-3-opus-20240229", "claude-3-haiku-20240307"),
    ("claude-sonnet-4-20250514", "claude-sonnet-4-5-20250929"),
    ("claude-sonnet-4", "claude-opus-4"),
    ("mistral/claude-3-haiku", "anthropic.claude-3-haiku-20240307-v1:0"),
    ("claude-3.7-sonnet", "claude-3.7-sonnet:thinking"),
    ("gemini-1.5-pro-002", "gemini-1.5-pro-001"),
    ("gemini-1.5-pro", "gemini-1.5-pro-0021x"),
    ("gemini-1.5-pro-20241002", "gemini-1.5-pro-002"),
    ("gemini-1.5-pro", "gemini-1.5-flash-002"),
    ("gemini-2.5-pro", "gemini-2.5-flash"),
    ("gemini-2.0-flash", "gemini-2.0-flash-lite-001"),
    ("gemini-2.0-flash", "gemini-2.0-flash-exp"),
    ("deepseek-chat", "deepseek-reasoner"),
    ("deepseek-r1", "deepseek-r1-distill-qwen-7b"),
    ("deepseek-v3", "deepseek-v2"),
    ("qwen-max", "qwen-max-longcontext"),
    ("qwen-max", "qwen-plus"),
    ("qwen2.5-72b-instruct", "qwen2.5-7b-instruct"),
    ("llama3:70b", "llama3:8b"),
    ("llama-3.1-70b-instruct", "llama-3.1-70b"),
    ("llama-3.1", "llama-3.1-405"),
    ("llama-3-70b", "llama-3.3-70b"),
    ("mistral-large", "mistral-small-2407"),
    ("mistral-large-2407", "mistral-large-2411"),
    ("doubao-pro-32k", "doubao-pro-4k"),
    ("doubao-pro-32k", "doubao-lite-32k-240828"),
    ("glm-4", "glm-4-flash"),
    ("glm-4", "glm-4-9b"),
    ("grok-2", "grok-2-vision-1212"),
    ("gpt-4o", "llama"),
]
MAYBE = [
    ("gpt-4o-2024-08-06", "gpt-4o"),
    ("claude-3-5-sonnet-20241022", "claude-3-5-sonnet-latest"),
    ("claude-3-5-sonnet-20241022", "anthropic/claude-3.5-sonnet"),
    ("gpt-4-turbo-preview", "gpt-4-0125-preview"),
    ("o1-preview", "o1"),
    ("o1", "o1-preview"),
    ("gemini-2.5-pro", "gemini-2.5-pro-preview-05-06"),
]
ROWS = [(*row, kind) for kind, rows in zip(Kinship, (SAME, MAYBE, OTHER), strict=True) for row in rows]
VERDICTS = {Kinship.SAME: Verdict.PASSED, Kinship.MAYBE: Verdict.INCONCLUSIVE, Kinship.OTHER: Verdict.FAILED}
OUTCOMES = {Kinship.SAME: Outcome.PASSED, Kinship.MAYBE: Outcome.PASSED, Kinship.OTHER: Outcome.DEGRADED}


@pytest.mark.parametrize(("asked", "answered", "kind"), ROWS)
def test_names_are_of_one_model_or_not(asked: str, answered: str, kind: Kinship) -> None:
    assert kinship(asked, answered) is kind


@pytest.mark.parametrize(("asked", "answered", "kind"), ROWS)
def test_a_rule_says_what_the_names_say(asked: str, answered: str, kind: Kinship) -> None:
    assert verdict_of(rule("R", "ask", model="same"), completion(model=answered), model=asked).verdict is VERDICTS[kind]


@pytest.mark.parametrize(("asked", "answered", "kind"), ROWS)
def test_a_check_is_degraded_by_another_model_alone(asked: str, answered: str, kind: Kinship) -> None:
    plan = Plan(steps=(step(status=200, model="same"),))
    assert judged(plan, completion(model=answered), model=asked).outcome is OUTCOMES[kind]


def test_another_model_is_the_reason_of_a_degraded_check() -> None:
    result = check(completion(model="gpt-4o-mini"), model="same")
    assert (result.outcome, result.reason) == (Outcome.DEGRADED, Reason.MODEL)


def test_an_answer_without_a_model_degrades_a_check() -> None:
    assert check(completion(model=...), model="same").outcome is Outcome.DEGRADED


def test_a_model_that_a_list_does_not_hold_fails_a_check() -> None:
    assert check(completion(model="gpt-4o"), model=["claude-*"]).outcome is Outcome.FAILED


def test_a_failure_outweighs_another_model() -> None:
    result = check(completion(model="gpt-4o-mini"), content="something else", model="same")
    assert (result.outcome, result.reason) == (Outcome.FAILED, Reason.CONTENT)


@pytest.mark.parametrize("answered", ["wn-four-o", "wn-four-o-2024-08-06", "relay/wn-four-o", "house-4o-7"])
def test_an_alias_and_what_stands_for_it_is_the_asked_model(answered: str) -> None:
    aliases = {"gpt-4o": ("wn-four-o", "house-4o-*")}
    plan = Plan(steps=(step(model="same"),))
    assert judged(plan, completion(model=answered), model="gpt-4o", aliases=aliases).outcome is Outcome.PASSED


def test_an_alias_of_another_model_is_none() -> None:
    plan = Plan(steps=(step(model="same"),))
    result = judged(plan, completion(model="wn-four-o"), model="gpt-4o", aliases={"gpt-4": ("wn-four-o",)})
    assert result.outcome is Outcome.DEGRADED


def test_a_name_without_end_is_another_model_at_once() -> None:
    assert kinship("m", "m" + "-preview" * 10**6) is Kinship.OTHER


LONGEST = "x" * (MAX_NAME_CHARS - len("openai/"))


@pytest.mark.parametrize(("more", "kind"), [("", Kinship.SAME), ("x", Kinship.OTHER)])
def test_a_name_is_taken_apart_up_to_its_limit(more: str, kind: Kinship) -> None:
    assert kinship(LONGEST + more, f"openai/{LONGEST}{more}") is kind


def test_a_name_beyond_the_limit_is_still_itself() -> None:
    assert kinship("x" * 300, "x" * 300) is Kinship.SAME


def test_names_that_nobody_can_tell_apart_are_told_as_the_doubt() -> None:
    one = verdict_of(rule("R", "ask", model="same"), completion(model="o1"), model="o1-preview")
    assert one.why == Said("names_float")

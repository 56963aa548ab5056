"""What a token is: which member of a delta or message counts for which channel, in whichever dialect."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from wire_samples import MS, ROLE, STOP, completion, frame, stream

from wnmon.wire.answer import read_answer
from wnmon.wire.message import MEMBERS, PARTS, texts_of
from wnmon.wire.read import read
from wnmon.wire.reply import Channel, Choice

sys.path.append(str(Path(__file__).parents[3] / "scripts"))

from channels import PAGE, PATHS, channel_of, holding, render

THINKING = {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Okay"}]}]}
ANSWER = {"content": [{"type": "text", "text": "pong"}]}


def message(**members: Any) -> Choice:
    """Return how a JSON message reads."""
    (choice,) = read(completion(choices=[{"message": members}])).choices
    return choice


def said(choice: Choice) -> dict[str, str]:
    """Return the channels of a choice that say something."""
    calls = "".join(call.id + call.name + call.arguments for call in choice.tool_calls)
    texts = {
        Channel.CONTENT: choice.content,
        Channel.REASONING: choice.reasoning,
        Channel.REFUSAL: choice.refusal,
        Channel.AUDIO: choice.transcript,
        Channel.TOOL: calls,
    }
    return {channel.value: text for channel, text in texts.items() if text}


def test_the_page_tells_what_the_reader_does() -> None:
    page = PAGE.read_text("utf-8")

    assert render(page) == page, "run `make generate`"


def test_every_member_that_is_read_is_on_the_page() -> None:
    named = {name.removesuffix("[]") for path in PATHS for name in path.split(".")}

    assert {name for name, _, _ in MEMBERS} | PARTS.keys() <= named


@pytest.mark.parametrize("path", PATHS)
def test_a_json_message_reads_as_a_delta_does(path: str) -> None:
    channel = channel_of(path)

    assert said(message(**holding(path, "a"))) == ({channel: "a"} if channel else {})


@pytest.mark.parametrize("path", PATHS)
def test_a_stream_folds_to_what_a_json_message_says(path: str) -> None:
    (choice,) = read(stream(frame(holding(path, "a")), STOP)).choices

    assert said(choice) == said(message(**holding(path, "a")))


@pytest.mark.parametrize("path", ["audio.data", "reasoning_details[].data", "thinking_blocks[].signature", "role"])
def test_what_nobody_can_read_is_no_token(path: str) -> None:
    assert channel_of(path) is None


def test_a_part_that_thinks_is_the_first_token() -> None:
    assert read_answer(stream(ROLE, frame(THINKING), frame(ANSWER), STOP)).timing.ttft_s == 0.2


def test_a_part_that_thinks_is_not_yet_visible() -> None:
    assert read_answer(stream(ROLE, frame(THINKING), frame(ANSWER), STOP)).timing.first_visible_s == 0.3


def test_each_channel_of_one_list_has_its_token() -> None:
    both = frame({"content": [*THINKING["content"], *ANSWER["content"]]})
    tokens = read(stream(both, STOP)).tokens

    assert {(token.channel, token.at_ns) for token in tokens} == {
        (Channel.CONTENT, 200 * MS),
        (Channel.REASONING, 200 * MS),
    }


def test_parts_of_each_channel_are_joined_in_order() -> None:
    parts = [{"thinking": [{"text": "h"}, "m"]}, {"text": "po"}, {"thinking": "m"}, "ng"]

    assert said(message(content=parts)) == {"content": "pong", "reasoning": "hmm"}


def test_reasoning_under_several_names_is_read_once() -> None:
    names = {"reasoning_content": "hm", "thinking": "hm", "thinking_blocks": [{"thinking": "hm"}]}

    assert message(**names, content=[{"thinking": "hm"}]).reasoning == "hm"


def test_a_name_that_says_nothing_leaves_it_to_the_next() -> None:
    assert message(reasoning_content="", reasoning_details=[{"summary": "hm"}]).reasoning == "hm"


def test_content_beside_a_part_of_another_channel_is_empty() -> None:
    assert message(**THINKING).content == ""


@pytest.mark.parametrize("text", [None, 7, {"text": "a"}, [7], [["a"]], [{"text": ["a"]}], [{"thinking": "a"}]])
def test_a_part_is_read_no_deeper_than_one_list(text: object) -> None:
    assert said(message(content=[{"thinking": text}])) == {}


def test_what_audio_says_stands_in_the_folded_completion() -> None:
    document = read(stream(frame({"audio": {"transcript": "po"}}), frame({"audio": {"transcript": "ng"}}))).document

    assert document is not None
    assert document.value["choices"][0]["message"]["audio"] == {"transcript": "pong"}  # type: ignore[index,call-overload]


def test_of_two_members_of_one_channel_the_first_that_says_something_is_all_of_it() -> None:
    assert texts_of({"reasoning_content": "so", "reasoning": "and so"}) == {Channel.REASONING: "so"}

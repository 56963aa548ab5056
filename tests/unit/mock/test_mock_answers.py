"""The relay follows the simple instructions probes give, always with the same words."""

from __future__ import annotations

import pytest

from wnmon.mock.answers import filler, speak
from wnmon.mock.chat import Chat, Message
from wnmon.mock.completion import complete
from wnmon.mock.tokens import count_prompt, split_tokens


def chat(*turns: str, **members: object) -> Chat:
    """Build a chat from `role: text` turns; a bare text is a user turn."""
    messages = [turn.partition("> ") if "> " in turn else ("user", "", turn) for turn in turns]
    return Chat(model="m", messages=tuple(Message(role=role, text=text) for role, _, text in messages), **members)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("Reply with the single word: pong", "pong"),
        ("Reply with only: 3f9a-11bc", "3f9a-11bc"),
        ("Respond with exactly: a b  c", "a b  c"),
        ("Repeat after me: naïve café", "naïve café"),
        ("Echo: 👩‍👩‍👧‍👦 שלום é", "👩‍👩‍👧‍👦 שלום é"),
        ("Reply with only the following: line\u2028sep\u0000end", "line\u2028sep\u0000end"),
        ("只回复：你好，世界", "你好，世界"),
        ("请重复: 中转", "中转"),
        ("Count from 1 to 10", "1, 2, 3, 4, 5, 6, 7, 8, 9, 10"),
        ("count from 3 to 1, digits only", "3, 2, 1"),
        ("从1数到3", "1, 2, 3"),
        ("What is 12+30? Reply with only the number.", "42"),
        ("Reply with only the number: what is 7 * 8", "56"),
        ("计算 9 - 11", "-2"),
        ("3 + 4 等于多少", "7"),
        ("你好", "你好！有什么可以帮您的吗？"),
        ("Hello there", "Hello! How can I help you today?"),
        ("The first code is ab12.\nThe second code is cd34. Reply with both codes.", "ab12 cd34"),
    ],
)
def test_a_simple_instruction_is_followed(prompt: str, said: str) -> None:
    assert speak(chat(prompt), index=0) == said


def test_something_said_by_the_assistant_is_recalled() -> None:
    turns = ("Pick a code word.", "assistant> The code word is zebra-77.", "What code word did you pick?")

    assert speak(chat(*turns), index=0) == "zebra-77"


def test_a_nonce_without_a_sentence_is_recalled() -> None:
    turns = ("Remember q7x9k2m4", "assistant> ok", "What did I ask you to remember?")

    assert speak(chat(*turns), index=0) == "q7x9k2m4"


def test_two_nonces_in_two_parts_are_both_given_back() -> None:
    assert speak(chat("Reply with only these two words: aa11bb22\ncc33dd44"), index=0) == "aa11bb22\ncc33dd44"


def test_a_commanding_system_message_wins() -> None:
    turns = ("system> Whatever is asked, reply with the single word: pong", "Hello, what is 1+1?")

    assert speak(chat(*turns), index=0) == "pong"


def test_a_system_message_of_the_api_page_does_not_hide_the_greeting() -> None:
    system = "You are Claude, a large language model trained by Anthropic.\nLatex block: $$e=mc^2$$"

    assert speak(chat(f"system> {system}", "你好"), index=0).startswith("你好")


def test_a_long_answer_has_the_words_asked_for() -> None:
    assert len(speak(chat("Write a long answer of 300 words"), index=0).split()) == 300


def test_the_plain_answer_is_the_same_for_the_same_chat() -> None:
    assert speak(chat("blue sky"), index=0) == speak(chat("blue sky"), index=0)


def test_the_plain_answer_differs_by_choice() -> None:
    assert speak(chat("blue sky"), index=0) != speak(chat("blue sky"), index=1)


def test_the_plain_answer_differs_by_seed() -> None:
    assert speak(chat("blue sky", seed=1), index=0) != speak(chat("blue sky", seed=2), index=0)


@pytest.mark.parametrize("text", ["", "  two  spaces ", "你好，世界", "averyveryverylongword", "a\n\nb\u2028c"])
def test_tokens_joined_are_the_text(text: str) -> None:
    assert "".join(split_tokens(text)) == text


def test_prompt_tokens_grow_linearly() -> None:
    counts = [count_prompt([Message(role="user", text="one two three " * times)]) for times in (10, 20, 30)]

    assert counts[2] - counts[1] == counts[1] - counts[0]


def test_each_filler_word_is_one_token() -> None:
    assert len(split_tokens(filler(64))) == 64


def test_max_tokens_cuts_and_says_length() -> None:
    choice = complete(chat("Count from 1 to 10", max_tokens=5)).choices[0]

    assert (len(choice.tokens), choice.finish) == (5, "length")


def test_an_answer_of_exactly_max_tokens_is_not_cut() -> None:
    choice = complete(chat("Count from 1 to 3", max_tokens=5)).choices[0]

    assert (len(choice.tokens), choice.finish) == (5, "stop")


def test_stop_ends_the_answer_before_the_sequence() -> None:
    choice = complete(chat("Count from 1 to 10", stop=("9", "7"))).choices[0]

    assert ("".join(choice.tokens), choice.finish) == ("1, 2, 3, 4, 5, 6, ", "stop")


def test_n_choices_are_all_counted() -> None:
    usage = complete(chat("Reply with only: pong", n=3)).usage

    assert usage["completion_tokens"] == 3


def test_forced_tokens_set_the_length_of_any_answer() -> None:
    assert len(complete(chat("Reply with only: pong"), forced_tokens=64).choices[0].tokens) == 64


def test_total_is_the_sum() -> None:
    usage = complete(chat("Count from 1 to 10")).usage

    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]  # type: ignore[operator]

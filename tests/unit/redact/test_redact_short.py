"""Secrets of fewer than 12 characters: taken out as whole words, in every writing; longer words stay as they are."""

from __future__ import annotations

import base64
import json
import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_redact_exchange import contents, event, exchange
from test_redact_needles import STREAM, cpu_s

from wnmon.model.placeholders import is_placeholder
from wnmon.model.target import Secret
from wnmon.redact.exchange import redact_exchange
from wnmon.redact.needles import Effort, TooManyPlacesError
from wnmon.redact.redactor import Redactor

MARK = "[redacted:k]"


def redacted(text: str, *values: str) -> str:
    return Redactor([Secret(value, "k") for value in values or ("abc",)]).text(text)


@pytest.mark.parametrize(
    "text",
    [
        "invalid key @",
        "@",
        "key=@&x=1",
        "key '@', sorry",
        '{"key": "@"}',
        '{"@": 1}',
        "Authorization: Bearer @",
        "https://relay.example/@/v1?k=@#x",
        "user:@",
        "密钥@无效",
        "x-@-y",
        "x_@_y",
        "é@é",
        "@\n@",
    ],
)
@pytest.mark.parametrize("key", ["abc", "ABC", "Abc"])
def test_a_short_secret_is_taken_out_where_it_is_a_word(text: str, key: str) -> None:
    assert redacted(text.replace("@", key)) == text.replace("@", MARK)


@pytest.mark.parametrize("text", ["abcdef", "xabc", "1abc", "abc2", "ABCs", "ab c", "a-b-c", "", "ab", "xabcabcx"])
def test_a_short_secret_stays_within_a_longer_word(text: str) -> None:
    assert redacted(text) is text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('{"e": "bad key:\\nabc\\n"}', '{"e": "bad key:\\n@\\n"}'),
        ('{"e": "\\u0022abc\\u0022"}', '{"e": "\\u0022@\\u0022"}'),
        ('{"e": "\\u0061bc"}', '{"e": "@"}'),
        ('{"e": "a\\u0062c!"}', '{"e": "@!"}'),
        ("?k=%61%62%63&l=%20abc%20", "?k=@&l=%20@%20"),
        ("&quot;abc&quot; &#97;bc", "&quot;@&quot; @"),
        ("x&#x61;&#98;c", "x&#x61;&#98;c"),
        ('{"e": "\\\\u0061bc"}', '{"e": "@"}'),
    ],
)
def test_a_short_secret_is_taken_out_where_it_is_escaped(text: str, left: str) -> None:
    assert redacted(text) == left.replace("@", MARK)


def test_what_is_a_word_only_by_the_letter_of_an_escape_is_taken_out_with_the_whole_escape() -> None:
    assert json.loads(redacted('{"e": "a\\nice b"}', "nice")) == {"e": f"a{MARK} b"}


@pytest.mark.parametrize("value", ["abc", "hunter2", "p@ss:w0rd", "grüße", "a b"])
@pytest.mark.parametrize(
    "write",
    [
        lambda value: base64.b64encode(value.encode()).decode(),
        lambda value: base64.b64encode(value.encode()).decode().rstrip("="),
        lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
        lambda value: value.encode().hex(),
        lambda value: value.encode().hex().upper(),
    ],
    ids=["base64", "bare base64", "base64url", "hex", "HEX"],
)
def test_a_short_secret_is_taken_out_where_it_is_coded_as_a_whole(value: str, write: object) -> None:
    assert callable(write)
    assert redacted(f"<{write(value)}>", value).strip("=<>") == MARK


@pytest.mark.parametrize("value", ["p@ss:w0rd", "!secr3t!", "a.b", "a+b/c=", "grüße", "it's-1", "@@##", "%41b", "a\\b"])
def test_a_short_secret_may_hold_any_sign(value: str) -> None:
    assert redacted(f"wrong: {value}.", value) == f"wrong: {MARK}."


def test_a_sign_at_the_end_of_a_secret_needs_no_other_after_it() -> None:
    assert redacted("yes!secr3t!no", "!secr3t!") == f"yes{MARK}no"


def test_twelve_characters_are_looked_for_piece_by_piece_and_eleven_as_a_word() -> None:
    assert (redacted("xabcdefghijkl", "abcdefghijkl"), redacted("xabcdefghijk", "abcdefghijk")) == (
        f"x{MARK}",
        "xabcdefghijk",
    )


@pytest.mark.parametrize("scheme", ["Bearer", "Token", "ApiKey"])
def test_the_scheme_before_a_short_key_is_no_part_of_it(scheme: str) -> None:
    assert redacted(f"{scheme} x; {scheme} hunter2", f"{scheme} hunter2") == f"{scheme} x; {scheme} {MARK}"


def test_a_short_password_in_basic_credentials_is_a_secret() -> None:
    value = f"Basic {base64.b64encode(b'assistant:hunter2').decode()}"

    assert redacted("the assistant says hunter2", value) == f"the assistant says {MARK}"


@pytest.mark.parametrize("value", ["none", "EMPTY", "ollama", "sk-1234", "lm-studio", "stop", "x", ""])
def test_a_placeholder_is_left_where_it_is(value: str) -> None:
    text = f'{{"finish_reason": "{value}", "note": "key {value}"}}'

    assert redacted(text, value) is text


def test_a_long_placeholder_is_left_where_it_is() -> None:
    assert redacted("sk-no-key-required", "sk-no-key-required") == "sk-no-key-required"


@pytest.mark.parametrize(
    "body", ['{"n": 42, "m": [42,42], "o":42}', '{"total_tokens":42}\n', "[ 42 ]", "[0.42, 42.5,-42]"]
)
def test_a_number_is_no_secret(body: str) -> None:
    assert redacted(body, "42") is body


@pytest.mark.parametrize("text", ['{"key": "@"}', "invalid key @", "key @, sorry", "?key=@"])
def test_a_secret_of_digits_is_taken_out_where_it_is_no_number_of_json(text: str) -> None:
    assert redacted(text.replace("@", "4711"), "4711") == text.replace("@", MARK)


def test_a_marker_that_would_hold_a_short_secret_does_not_name_it() -> None:
    assert Redactor([Secret("foo7", "header:X-Foo7")]).text("foo7!") == "[redacted:secret]!"


def test_short_secrets_beside_a_long_one_keep_their_names() -> None:
    one = Redactor([Secret("hunter2", "a"), Secret("sk-Ab3dEf6hIj9k", "b"), Secret("s3cr3t", "c")])

    assert one.text("hunter2 sk-Ab3dEf6hIj9k s3cr3t") == "[redacted:a] [redacted:b] [redacted:c]"


def test_two_short_secrets_of_one_word_are_both_found() -> None:
    assert redacted("a.b1 and a.b2", "a.b1", "a.b2") == f"{MARK} and {MARK}"


def test_a_short_secret_cut_into_deltas_is_taken_out() -> None:
    body = b"".join([*contents(["key ", "hun", "ter", "2", " is wrong"]), event({})])

    assert b"ter" not in redact_exchange(exchange(body), Redactor([Secret("hunter2", "k")])).body


def test_a_header_that_is_a_short_secret_is_taken_out() -> None:
    whole = exchange(b"{}", headers=(("X-Echo", "hunter2"), ("X-Note", "say hunter2x")))
    headers = redact_exchange(whole, Redactor([Secret("hunter2", "k")])).headers

    assert headers == (("X-Echo", MARK), ("X-Note", "say hunter2x"))


VALUES = st.text("ab1-.%\\", min_size=1, max_size=11)


@settings(max_examples=400, deadline=None)
@given(VALUES, st.text("ab1-. %\\", max_size=20), st.text("ab1-. %\\", max_size=20))
def test_no_whole_word_is_left(value: str, before: str, after: str) -> None:
    written = json.dumps({"e": f"{before} {value} {after}"})
    left = json.loads(redacted(written, value))["e"]

    assert is_placeholder(value) or f" {value} " not in f" {left} ".replace(MARK, "\0")


def test_a_thousand_short_secrets_cost_about_what_one_does() -> None:
    drawn = random.Random(1)
    values = ["".join(drawn.choices(string.ascii_letters + string.digits, k=8)) for _ in range(1000)]
    one, thousand = (Redactor([Secret(value, "k") for value in some]) for some in (values[:1], values))

    assert cpu_s(lambda: thousand.spans(STREAM)) <= 4 * cpu_s(lambda: one.spans(STREAM))


@pytest.mark.parametrize("unit", ["hunter2 ", "hunter2", "hunter2-", "a-", "\\u0068unter2 ", "%68unter2&", "- "])
def test_the_worst_texts_cost_in_proportion_to_their_length(unit: str) -> None:
    redactor = Redactor([Secret("hunter2", "k"), Secret("a-a-a-a-a", "j"), Secret("@@##", "i")])
    one, four = (exchange(unit.encode() * (size // len(unit))) for size in (5_000, 20_000))

    assert cpu_s(lambda: redact_exchange(four, redactor)) <= 8 * cpu_s(lambda: redact_exchange(one, redactor))


@pytest.mark.parametrize("value", ["hunter2", "@@##"])
def test_a_body_with_too_many_short_secrets_is_left_out(value: str) -> None:
    with pytest.raises(TooManyPlacesError):
        Redactor([Secret(value, "k")]).within(Effort(1)).spans(f"{value} {value} ".encode())


@pytest.mark.parametrize("text", ["xa.b1", "a.b12", "a.b1x", "a-b1"])
def test_a_secret_of_two_words_stays_where_either_goes_on(text: str) -> None:
    assert redacted(text, "a.b1") is text

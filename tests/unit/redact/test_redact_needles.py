"""The search for runs: it finds what a look at every byte finds, at a cost that knows only the data's length."""

from __future__ import annotations

import base64
import gc
import json
import random
import string
import time
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_redact_exchange import contents, event, exchange

from wnmon.model.placeholders import is_placeholder
from wnmon.model.target import MIN_SECRET_CHARS, Secret
from wnmon.redact.escapes import views
from wnmon.redact.exchange import redact_exchange
from wnmon.redact.needles import Needles, windows_of
from wnmon.redact.redactor import MIN_RUN_BYTES, Redactor

KEY = "sk-Ab3dEf6hIj9kLm2nOp5q"


def secrets(count: int) -> list[Secret]:
    """Make keys as providers hand them out."""
    drawn = random.Random(count)
    signs = string.ascii_letters + string.digits
    return [Secret("sk-" + "".join(drawn.choices(signs, k=45)), f"key {k}") for k in range(count)]


# Against a look at every byte.

SIGNS = st.sampled_from(["ab", "abc-", "0123456789abcdef", "sk-ABxyz01", "aéß漢", "%41\\u0&;"])
VALUES = st.lists(SIGNS.flatmap(lambda signs: st.text(signs, min_size=8, max_size=24)), min_size=1, max_size=4)
WRITTEN: list[Callable[[str], str]] = [
    str,
    lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
    lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    lambda text: "".join(f"&#{ord(c)};" for c in text),
    lambda text: json.dumps(text)[1:-1],
    lambda text: text.encode().hex(),
    lambda text: text.encode().hex().upper(),
    str.swapcase,
    lambda text: base64.b64encode(text.encode()).decode(),
    lambda text: base64.urlsafe_b64encode(b"xy" + text.encode() + b"?").decode(),
]
NOISE = st.sampled_from(["", " ", "x", "\\", "%", "&amp;", '"', "a", "ab", "[redacted:k]", "deadbeefdeadbeef", "\n"])


@st.composite
def texts_with_pieces(draw: st.DrawFn) -> tuple[list[str], bytes]:
    """Draw secrets, and a text of pieces of them, escaped in some way, among noise."""
    values = draw(VALUES)
    text = ""
    for _ in range(draw(st.integers(1, 8))):
        value = draw(st.sampled_from(values))
        start, size = draw(st.integers(0, len(value))), draw(st.integers(0, len(value)))
        text += draw(NOISE) + draw(st.sampled_from(WRITTEN))(value[start : start + size])
    return values, text.encode()


def covered(ranges: Iterable[tuple[int, int]]) -> set[int]:
    """Return every place in some ranges."""
    return {place for start, end in ranges for place in range(start, end)}


def seen(data: bytes, windows: set[bytes], size: int) -> list[tuple[int, int]]:
    """Return where windows stand, by a look at every place."""
    return [(at, at + size) for at in range(len(data) - size + 1) if data[at : at + size] in windows]


@settings(max_examples=600, deadline=None)
@given(texts_with_pieces(), st.sampled_from([(5, 4), (8, 1), (4, 5), (1, 8)]))
def test_runs_are_where_every_window_stands(drawn: tuple[list[str], bytes], how: tuple[int, int]) -> None:
    values, data = drawn
    texts = {size: [(value.encode(), "k") for value in values] for size in (8, 10)}
    runs = list(Needles(texts, [], block=how[0], stride=how[1]).runs(data))
    windows = {size: {window for text, _ in texts[size] for window in windows_of(text, size)} for size in texts}

    assert covered((start, end) for start, end, _ in runs) == covered(
        place for size in texts for place in seen(data, windows[size], size)
    )


@settings(max_examples=600, deadline=None)
@given(texts_with_pieces())
def test_no_window_in_any_reading_is_left_out_of_the_spans(drawn: tuple[list[str], bytes]) -> None:
    values, data = drawn
    values = [value for value in values if len(value) >= MIN_SECRET_CHARS and not is_placeholder(value)]
    redactor = Redactor([Secret(value, "k") for value in values])
    windows = {window for value in values for window in windows_of(value.encode().lower(), MIN_RUN_BYTES)}
    windows -= set(windows_of(b"[redacted:k]", MIN_RUN_BYTES))
    places = covered((span.start, span.end) for span in redactor.spans(data))

    for view in views(data, mixed=any(sign in value for value in values for sign in "\\%&")):
        for start, end in seen(view.data.lower(), windows, MIN_RUN_BYTES):
            assert places >= covered([view.origin(start, end)])


def test_two_runs_that_one_block_is_part_of_are_both_found() -> None:
    data = b"aabbaabbaabcaba"
    runs = list(Needles({8: [(b"baabbaabbababa", "k")]}, [], block=5, stride=4).runs(data))

    assert covered((start, end) for start, end, _ in runs) == covered(
        seen(data, set(windows_of(b"baabbaabbababa", 8)), 8)
    )


def test_a_run_is_named_after_the_first_text_that_has_it() -> None:
    texts = {8: [(b"abcdefgh", "first"), (b"abcdefghi", "second")]}

    assert list(Needles(texts, [], block=5, stride=4).runs(b"abcdefghi")) == [(0, 9, "first")]


def test_what_is_public_is_never_found() -> None:
    needles = Needles({8: [(b"abcdefghi", "k")]}, [b"abcdefgh"], block=5, stride=4)

    assert list(needles.runs(b"abcdefgh bcdefghi")) == [(9, 17, "k")]


def test_a_run_beyond_what_is_looked_up_at_once_is_found() -> None:
    for before in range(4080, 4110):
        data = b"x" * before + KEY.encode() + b"x" * 5000

        assert [(span.start, span.end) for span in Redactor([Secret(KEY, "k")]).spans(data)] == [
            (before, before + len(KEY))
        ]


def test_hex_of_both_cases_in_one_run_is_found() -> None:
    digits = KEY.encode().hex()
    mixed = digits[:20] + digits[20:].upper()

    assert Redactor([Secret(KEY, "k")]).text(mixed) == "[redacted:k]"


# The cost. Both sides of a comparison are measured in the same run, with room for a machine that others use: what costs
# the square of the length would cost 16 times as much for 4 times the bytes.

BYTES = 5_000
STREAM = b"".join([*contents(["The ", "relay's ", 'one "token"\n', "a time 100 % &c. "] * 60), event({})])


def cpu_s(work: Callable[[], object]) -> float:
    """Return the least CPU time of several goes, without garbage collections, as timeit does."""
    times = []
    gc.disable()
    for _ in range(3):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    gc.enable()
    return min(times)


def test_a_thousand_secrets_cost_about_what_one_does() -> None:
    one, thousand = Redactor(secrets(1)), Redactor(secrets(1000))

    assert cpu_s(lambda: thousand.spans(STREAM)) <= 4 * cpu_s(lambda: one.spans(STREAM))


def test_a_stream_costs_about_the_same_for_one_secret_and_a_thousand() -> None:
    one, thousand = Redactor(secrets(1)), Redactor(secrets(1000))
    whole = exchange(STREAM)

    assert cpu_s(lambda: redact_exchange(whole, thousand)) <= 4 * cpu_s(lambda: redact_exchange(whole, one))


def test_the_index_grows_with_the_secrets_and_no_faster() -> None:
    assert cpu_s(lambda: Redactor(secrets(400))) <= 8 * cpu_s(lambda: Redactor(secrets(100)))


WORST = {
    "nothing but the secret": KEY.encode(),
    "the secret and a blank": KEY.encode() + b" ",
    "7 bytes of the secret": KEY[:7].encode() + b" ",
    "8 bytes of the secret": KEY[:8].encode() + b"!",
    "the secret in hex": KEY.encode().hex().encode(),
    "the secret in escapes": "".join(f"\\u{ord(c):04x}" for c in KEY).encode(),
    "one character of the secret": b"s",
    "backslashes": b"\\",
    "backslashes before the secret": b"\\" * 99 + KEY.encode(),
    "percent signs": b"%25",
    "ampersands": b"&amp;",
    "quotes": b'data: {"a":"',
    "escaped quotes": b'\\"',
    "open objects": b'{"a":',
    "numbers": b"data: [1,2.5e3,\n\n",
    "names without a value": b'"index" : ',
    "events": b'data: {"a":"x"}\n\n',
    "halves": b'data: {"a":"sk-Ab3d"}\n\ndata: {"a":"Ef6hIj"}\n\n',
    "events that nobody reads": b'data: {"a":"x"\n\n',
    "events that some read": b'data: {"a":"x"}\n\ndata: {"a":"x","a":NaN}\n\ndata: {"a":"\xff"}\n\ndata: {"a\n\n',
    "halves in one string": b"sk-Ab3dEf6 \\n",
    "lines of one event": b'data: "x",\n',
    "comments": b":data:\n",
    "line ends": b"\n",
}


@pytest.mark.parametrize("unit", WORST.values(), ids=WORST.keys())
@pytest.mark.parametrize(
    ("before", "after"),
    [(b"", b""), (b'data: {"a":"', b'"}\n\ndata: {"a":"x"}\n\n'), (b'{"c":[["', b'","x"]]}')],
    ids=["alone", "in an event", "in a document"],
)
def test_the_worst_texts_cost_in_proportion_to_their_length(unit: bytes, before: bytes, after: bytes) -> None:
    redactor = Redactor([Secret(KEY, "k"), Secret("\\" * 12, "backslashes"), Secret("%41%42%43%44&amp;", "signs")])
    one, four = (exchange(before + unit * (size // len(unit)) + after) for size in (BYTES, 4 * BYTES))

    assert cpu_s(lambda: redact_exchange(four, redactor)) <= 8 * cpu_s(lambda: redact_exchange(one, redactor))


def test_eight_mebibytes_of_one_character_cost_in_proportion() -> None:
    redactor = Redactor([Secret(KEY, "k")])
    one, four = b"a" * 2**21, b"a" * 2**23

    assert cpu_s(lambda: redactor.spans(four)) <= 8 * cpu_s(lambda: redactor.spans(one))


def test_a_mebibyte_of_one_character_becomes_one_marker() -> None:
    assert Redactor([Secret("a" * 12, "k")]).data(b"a" * 2**20) == b"[redacted:k]"

"""The redactor: no 8 bytes of a secret survive, in any of the escapes an answer may carry; nothing else changes."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wnmon.model.placeholders import is_placeholder
from wnmon.model.target import Secret
from wnmon.redact.redactor import Redactor, Span, merge

KEY = "sk-Ab3dEf6hIj9kLm2nOp5q"
MARK = "[redacted:api_key]"
MARKER_TEXT = re.compile(r"\[redacted:[^\]]*\]")


def leaks(secret: str, text: str) -> bool:
    """Tell whether 8 bytes of the secret stand in the text, in whatever case, outside markers."""
    raw, hidden = secret.encode().lower(), MARKER_TEXT.sub("\0", text).encode(errors="surrogatepass").lower()
    return any(raw[i : i + 8] in hidden for i in range(len(raw) - 7))


def decodings(text: str) -> list[str]:
    """Decode every stretch of base64 characters at each of the four places a group may begin."""
    stretches = re.findall(r"[A-Za-z0-9+/]{4,}", MARKER_TEXT.sub(" ", text).replace("-", "+").replace("_", "/"))
    groups = [part[k : k + (len(part) - k) // 4 * 4] for part in stretches for k in range(4)]
    return [base64.b64decode(group).decode("latin-1") for group in groups]


def choose(text: str, choice: int, always: str, escape: Callable[[str], str]) -> str:
    """Escape the characters of `always` and those a bit of `choice` is set for."""
    return "".join(escape(c) if c in always or choice >> k % 40 & 1 else c for k, c in enumerate(text))


def json_layer(text: str, choice: int) -> str:
    """Escape as inside a JSON string, more than needed."""
    return choose(text, choice, '\\"', lambda c: json.dumps(c)[1:-1] if c in '\\"' else f"\\u{ord(c):04x}")


def percent_layer(text: str, choice: int) -> str:
    """Escape as in a URL, more than needed."""
    return choose(text, choice, "%", lambda c: "".join(f"%{byte:02X}" for byte in c.encode()))


def entity_layer(text: str, choice: int) -> str:
    """Escape as in HTML, more than needed."""
    return choose(text, choice, "&", lambda c: f"&#{ord(c)};")


LAYERS: dict[str, tuple[Callable[[str, int], str], Callable[[str], str]]] = {
    "json": (json_layer, lambda text: str(json.loads(f'"{text}"'))),
    "percent": (percent_layer, unquote),
    "entity": (entity_layer, html.unescape),
}


def redactor(*values: str) -> Redactor:
    names = ["api_key", "proxy", "header:X-Relay-Pass"]
    return Redactor(Secret(value, name) for value, name in zip(values, names, strict=False))


def test_a_whole_secret_becomes_one_marker() -> None:
    assert redactor(KEY).text(f"invalid key {KEY}, sorry") == f"invalid key {MARK}, sorry"


def test_any_eight_bytes_of_a_secret_become_a_marker() -> None:
    assert redactor(KEY).text(f"key ...{KEY[5:13]}...") == f"key ...{MARK}..."


def test_seven_bytes_of_a_secret_stay() -> None:
    text = f"key ...{KEY[5:12]}..."

    assert redactor(KEY).text(text) is text


def test_text_without_a_secret_is_the_same_object() -> None:
    data = b'{"choices": [{"message": {"content": "a\\nb %41 &amp; c"}}]}'

    assert redactor(KEY).data(data) is data


def test_without_secrets_nothing_changes() -> None:
    assert Redactor([]).text(KEY) is KEY


@pytest.mark.parametrize("changed", [KEY.swapcase(), KEY.lower(), KEY.upper(), KEY.title()])
def test_the_case_of_a_secret_does_not_matter(changed: str) -> None:
    assert redactor(KEY).text(f"<{changed}>") == f"<{MARK}>"


def test_any_eight_bytes_of_a_secret_become_a_marker_in_any_case() -> None:
    assert redactor(KEY).text(f"key ...{KEY[5:13].swapcase()}...") == f"key ...{MARK}..."


USER, PASSWORD = "monitoring-of-ours", "open:sesame%41/now"
BASIC = f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"


@pytest.mark.parametrize(
    "written",
    [USER, PASSWORD, PASSWORD.upper(), quote(PASSWORD, safe=""), base64.b64encode(PASSWORD.encode()).decode()],
)
def test_a_secret_that_is_basic_credentials_is_found_as_user_and_as_password(written: str) -> None:
    assert not leaks(written, redactor(BASIC).text(f"no account {written}!"))


def test_a_login_that_was_decoded_shows_no_password() -> None:
    assert redactor(BASIC).text(f"{USER}:{PASSWORD}") == f"{MARK}:{MARK}"


def test_a_short_user_in_basic_credentials_is_no_secret() -> None:
    text = "the assistant says no"

    assert redactor(f"Basic {base64.b64encode(b'assistant:open-sesame-1').decode()}").text(text) is text


@pytest.mark.parametrize("case", [str.lower, str.upper])
@pytest.mark.parametrize(
    "write",
    [
        lambda key: "".join(f"\\u{ord(c):04x}" for c in key),
        lambda key: "".join(f"%{ord(c):02X}" for c in key),
        lambda key: "".join(f"&#{ord(c)};" for c in key),
        lambda key: base64.b64encode(key.encode()).decode(),
        lambda key: base64.urlsafe_b64encode(b"x" + key.encode()).decode(),
        lambda key: key.encode().hex(),
    ],
)
def test_a_secret_whose_case_was_changed_and_then_escaped_becomes_a_marker(
    write: Callable[[str], str], case: Callable[[str], str]
) -> None:
    left = MARKER_TEXT.sub("", redactor(KEY).text(write(case(KEY))))

    assert len(left) <= 4  # base64 characters that others than the key's bytes determine


@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_a_secret_in_base64_whose_case_was_changed_becomes_a_marker(case: Callable[[str], str]) -> None:
    assert redactor(KEY).text(case(base64.b64encode(KEY.encode()).decode())).startswith(MARK)


def test_a_secret_beyond_ascii_is_found_in_capitals() -> None:
    assert redactor("grüße-übermäßig").text("GRÜSSE-ÜBERMÄSSIG") == MARK


@pytest.mark.parametrize(
    "escaped",
    [
        "".join(f"\\u{ord(c):04x}" for c in KEY),
        "".join(f"\\\\u{ord(c):04X}" for c in KEY),
        "".join(f"%{ord(c):02x}" for c in KEY),
        "".join(f"%25{ord(c):02X}" for c in KEY),
        "".join(f"&#{ord(c)};" for c in KEY),
        "".join(f"&#x{ord(c):X};" for c in KEY),
        "".join(f"&amp;#{ord(c)};" for c in KEY),
        "".join(f"\\x{ord(c):02x}" for c in KEY),
        "".join(f"%5Cu{ord(c):04x}" for c in KEY),
        KEY.replace("-", "&hyphen;").replace("&hyphen;", "&#45;"),
        base64.b64encode(KEY.encode()).decode(),
        base64.urlsafe_b64encode(b"x" + KEY.encode()).decode(),
        base64.b64encode(b"xy" + KEY.encode() + b"z").decode(),
        base64.b64encode(b"?>" + KEY.encode() + b"?>").decode().replace("/", "\\/").replace("+", "%2B"),
        KEY.encode().hex(),
        KEY.encode().hex().upper(),
    ],
)
def test_an_escaped_secret_becomes_a_marker(escaped: str) -> None:
    assert not leaks(KEY, redactor(KEY).text(f"<{escaped}>"))


@pytest.mark.parametrize("piece", [KEY, KEY[:8], KEY.lower(), KEY.upper()])
@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_secret_in_utf_16_becomes_a_marker(coding: str, piece: str) -> None:
    data = redactor(KEY).data(f"bad key {piece}!".encode(coding))

    assert MARKER_TEXT.sub("", data.replace(b"\0", b"").decode("latin-1")).removeprefix("\xff\xfe") == "bad key !"


@pytest.mark.parametrize("escaped", [KEY, KEY.replace("-", "\\u002d"), KEY.replace("A", "\\u0041")])
def test_an_escaped_secret_leaves_nothing_beside_its_marker(escaped: str) -> None:
    assert redactor(KEY).text(f'{{"error": "{escaped}"}}') == f'{{"error": "{MARK}"}}'


def test_a_named_entity_is_read() -> None:
    assert redactor("a/b+c=d/e+f=g").text("a&sol;b&plus;c&equals;d&sol;e&plus;f=g") == MARK


def test_an_unknown_entity_and_an_impossible_character_are_themselves() -> None:
    text = "&nosuchthing; &#99999999; &#xD800; \\ud800 %zz"

    assert redactor(KEY).text(text) == text


def test_a_space_written_as_plus_is_read() -> None:
    assert redactor("pass word with spaces").text("?key=pass+word+with+spaces") == f"?key={MARK}"


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_secret_beyond_ascii_is_found_in_both_usual_encodings(encoding: str) -> None:
    assert redactor("grüße-übermäßig").data("<grüße-übermäßig>".encode(encoding)) == f"<{MARK}>".encode()


def test_utf8_shown_as_latin1_is_read() -> None:
    assert redactor("grüße-übermäßig").text("grüße-übermäßig".encode().decode("latin-1")) == MARK


def test_a_run_never_cuts_a_character_in_two() -> None:
    assert redactor("aüüüüüüüüüüü").data(("xüüüüüyü").encode()[:-1]) == b"x" + MARK.encode() + b"y\xc3"


def test_surrogate_pairs_are_read_as_one_character() -> None:
    escaped = json.dumps("🔑🔑🔑🔑")

    assert redactor("🔑🔑🔑🔑").text(escaped) == f'"{MARK}"'


def test_a_lone_surrogate_in_text_does_no_harm() -> None:
    assert redactor(KEY).text(f"\ud800{KEY}") == f"\ud800{MARK}"


def test_a_secret_of_one_repeated_character_is_found() -> None:
    assert redactor("a" * 12).text("b" + "a" * 40 + "b") == f"b{MARK}b"


def test_overlapping_secrets_leave_nothing() -> None:
    first, second = "abcdefghijkl", "ijklmnopqrst"

    assert redactor(first, second).text("abcdefghijklmnopqrst") == MARK


def test_a_secret_inside_another_is_covered_by_one_marker() -> None:
    assert redactor("abcdefghijklmnop", "efghijklmnop").text("<abcdefghijklmnop>") == f"<{MARK}>"


def test_how_urls_begin_is_no_part_of_a_secret() -> None:
    text = "see https://docs.example and http://127.0.0.1:8080"

    assert redactor("https://site.of-ours", "http://127.0.0.1/of-ours").text(text) == text


@pytest.mark.parametrize("scheme", ["Bearer", "basic", "Token"])
def test_the_scheme_before_a_key_is_no_part_of_it(scheme: str) -> None:
    assert redactor(f"{scheme} {KEY}").text(f"{scheme} x; {scheme} {KEY}") == f"{scheme} x; {scheme} {MARK}"


def test_two_secrets_have_their_own_markers() -> None:
    assert redactor(KEY, "hunter2hunter2").text(f"{KEY} hunter2hunter2") == f"{MARK} [redacted:proxy]"


def test_spans_say_where_and_whose() -> None:
    assert redactor(KEY).spans(b"a" + KEY.encode()) == [Span(start=1, end=1 + len(KEY), secret_name="api_key")]


def test_an_escape_cut_by_a_run_is_taken_whole() -> None:
    text = '{"a": "\\nabcdefg"}'

    assert json.loads(redactor("nabcdefgXYZ123").text(text)) == {"a": MARK}


def test_a_unicode_escape_cut_by_a_run_is_taken_whole() -> None:
    assert json.loads(redactor("e9abcdefXYZ123").text('{"a": "\\u00e9abcdef"}')) == {"a": MARK}


def test_an_escape_begun_by_the_last_byte_of_a_run_is_taken_whole() -> None:
    assert json.loads(redactor("XYZ12abcdefg\\").text('{"a": "12abcdefg\\" b"}')) == {"a": f"{MARK} b"}


def test_a_quote_that_python_or_javascript_escapes_is_read() -> None:
    assert redactor("ab'cd\"ef'gh\"ij").text("ab\\'cd\"ef\\'gh\"ij") == MARK


def test_an_escaped_backslash_before_a_run_stays() -> None:
    assert redactor("nabcdefgXYZ123").text('"\\\\nabcdefg"') == f'"\\\\{MARK}"'


def test_a_secret_that_looks_like_escapes_is_found_under_two_others() -> None:
    secret = "%41%42%43%44&amp;"

    assert not leaks(secret, redactor(secret).text(percent_layer(json_layer(secret, 0b1010101), 0b1100)))


def test_an_escape_that_is_none_hides_nothing_from_the_others() -> None:
    secret = "abcd123456wxyz"

    assert not leaks(secret, unquote(redactor(secret).text("\\uabcd%3123456")))


def test_a_secret_that_looks_like_escapes_is_found_under_one_family_outermost() -> None:
    secret = "%41%42%43%44"
    redacted = redactor(secret).text("%5Cu002541%2542%2543%2544")

    assert not leaks(secret, unquote(redacted).replace("\\u0025", "%"))


def test_a_backslash_of_the_secret_beside_an_escape_hides_nothing() -> None:
    secret = "00\\0\\0000010"
    redacted = redactor(secret).text("00\\\\0&#92;\\\\u0030000010")

    assert not leaks(secret, str(json.loads(f'"{html.unescape(redacted)}"')))


def test_a_secret_that_contains_the_marker_does_not_redact_markers_for_ever() -> None:
    twice = redactor("my-redacted:api_key]-pass")

    assert twice.text(twice.text("my-redacted:api_key]-pass")) == twice.text("my-redacted:api_key]-pass")


def test_a_marker_beside_a_rest_never_completes_a_secret() -> None:
    tricky = redactor("abcdefg[redac-Zz9yX8w7")

    assert not leaks("abcdefg[redac-Zz9yX8w7", tricky.text("abcdefg-Zz9yX8w7"))


def test_a_name_that_holds_the_secret_is_not_shown() -> None:
    assert Redactor([Secret(KEY, f"header:{KEY}")]).text(KEY) == "[redacted:secret]"


def test_a_name_that_holds_the_secret_in_another_case_is_not_shown() -> None:
    assert Redactor([Secret(KEY, f"header:{KEY.lower()}")]).text(KEY) == "[redacted:secret]"


def test_a_secret_that_is_a_marker_in_capitals_does_not_redact_markers_for_ever() -> None:
    twice = redactor("MY-REDACTED:API_KEY]-PASS")

    assert twice.text(twice.text("my-redacted:api_key]-pass")) == twice.text("my-redacted:api_key]-pass")


def test_a_name_is_made_safe_for_json_and_headers() -> None:
    assert Redactor([Secret(KEY, 'x"\n ü')]).text(KEY) == "[redacted:x____]"


def test_the_marker_of_a_header_names_the_header() -> None:
    assert Redactor([Secret(KEY, "header:X-Relay-Pass")]).text(KEY) == "[redacted:header:X-Relay-Pass]"


def test_touching_spans_become_one() -> None:
    spans = [Span(start=4, end=6, secret_name="b"), Span(start=0, end=4, secret_name="a")]

    assert merge(spans) == [Span(start=0, end=6, secret_name="a")]


def test_the_redactor_shows_no_secret_of_its_own() -> None:
    assert not leaks(KEY, repr(redactor(KEY)))


SECRETS = st.one_of(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=40),
    st.text("abAB01%&;#xu\\/+=-", min_size=12, max_size=30),
    st.text("0124\\%&", min_size=12, max_size=20),
    st.text("ab", min_size=12, max_size=20),
    st.text("aéß漢-_", min_size=12, max_size=20),
).filter(lambda text: not is_placeholder(text))
CONTEXT = st.text('{}[]":, abz019%&\\', max_size=12)


@settings(max_examples=400, deadline=None)
@given(SECRETS, CONTEXT, CONTEXT, st.integers(0, 20), st.integers(8, 40))
def test_no_eight_bytes_survive_raw(secret: str, before: str, after: str, start: int, size: int) -> None:
    assert not leaks(secret, redactor(secret).text(before + secret[start : start + size] + after))


@settings(max_examples=600, deadline=None)
@given(SECRETS, st.lists(st.tuples(st.sampled_from(sorted(LAYERS)), st.integers(0, 2**40)), min_size=1, max_size=2))
def test_no_eight_bytes_survive_in_nested_escapes(secret: str, layers: list[tuple[str, int]]) -> None:
    escaped = f" {secret} "
    for layer, choice in layers:
        escaped = LAYERS[layer][0](escaped, choice)
    redacted = redactor(secret).text(escaped)
    for layer, _ in reversed(layers):
        redacted = LAYERS[layer][1](redacted)

    assert not leaks(secret, redacted)


@settings(max_examples=300, deadline=None)
@given(SECRETS, st.binary(max_size=5), st.binary(max_size=5), st.booleans())
def test_no_eight_bytes_survive_in_base64(secret: str, before: bytes, after: bytes, url_safe: bool) -> None:
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode
    redacted = redactor(secret).data(encode(before + secret.encode() + after)).decode()
    raw = secret.encode().decode("latin-1")

    assert not any(raw[i : i + 8] in text for text in decodings(redacted) for i in range(len(raw) - 7))


@settings(max_examples=300, deadline=None)
@given(SECRETS, SECRETS, CONTEXT)
def test_redaction_is_idempotent(first: str, second: str, between: str) -> None:
    both = redactor(first, second)
    once = both.text(first + between + second + between + entity_layer(first, 0b1011))

    assert both.text(once) is once


@settings(max_examples=300, deadline=None)
@given(st.text('abcdefghij {}"\\/%&;#0123456789', max_size=200))
def test_text_without_secrets_is_unchanged(text: str) -> None:
    assert redactor("QRSTUVWXYZ-QRSTUVWXYZ").text(text) == text


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    assert redactor(KEY).data(data) == data

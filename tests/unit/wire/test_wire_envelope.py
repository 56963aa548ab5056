"""The error in what a relay sends: where it stands, what it says, and what is wrapped in it."""

from __future__ import annotations

import pytest

from wnmon.model.json import Json, JsonObject
from wnmon.wire.envelope import envelope, error_in, refusal_in
from wnmon.wire.reply import Clues

CAP = 16_384


def clues(message: Json) -> Clues:
    found = refusal_in({"error": {"message": message}})
    assert found is not None
    return found.clues


def codes(message: Json) -> tuple[str, ...]:
    return clues(message).codes


def test_a_code_beside_the_error_is_a_clue_too() -> None:
    found = error_in({"code": "outer", "error": {"message": "no"}})

    assert found is not None
    assert found.clues.codes == ("outer",)


@pytest.mark.parametrize("code", [0, 200, "0", "200", "Success", "OK"])
def test_a_message_beside_a_code_that_all_is_well_is_no_error_in_a_success(code: Json) -> None:
    assert refusal_in({"code": code, "message": "fine"}, refused=False) is None


@pytest.mark.parametrize("code", [1, "quota", None])
def test_a_message_beside_another_code_is_an_error_in_a_success(code: Json) -> None:
    assert refusal_in({"code": code, "message": "no"}, refused=False) is not None


def test_a_message_in_a_refusal_is_an_error_whatever_its_code() -> None:
    assert refusal_in({"code": 0, "message": "no"}) is not None


@pytest.mark.parametrize("name", ["code", "status_code", "Code"])
def test_a_code_has_any_of_three_names(name: str) -> None:
    assert envelope({name: 7, "message": "no"}, "body").code == "7"


@pytest.mark.parametrize(("status", "is_error"), [(0, False), (None, False), (1, True), (1008, True)])
def test_base_resp_is_an_error_where_its_status_is_not_0(status: Json, is_error: bool) -> None:
    assert (error_in({"base_resp": {"status_code": status, "status_msg": "so"}}) is not None) is is_error


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"success": False, "errors": [{"message": "first"}, {"message": "second"}], "message": "whole"}, "first"),
        ({"success": False, "errors": ["text"], "message": "whole"}, "whole"),
        ({"success": False, "errors": [], "message": "whole"}, "whole"),
        ({"success": False, "errors": {"message": "one"}, "message": "whole"}, "whole"),
        ({"success": False, "message": "whole"}, "whole"),
    ],
)
def test_a_failure_is_told_by_the_first_of_its_errors(value: JsonObject, message: str) -> None:
    found = error_in(value)

    assert found is not None
    assert found.message == message


def test_so_many_wrappers_are_opened_and_no_more() -> None:
    wrapped: JsonObject = {"code": "c30"}
    for number in range(29, -1, -1):
        wrapped = {"code": f"c{number}", "error": wrapped}

    found = error_in(wrapped)

    assert found is not None
    assert found.clues.codes == tuple(f"c{number}" for number in range(24))


@pytest.mark.parametrize("text", ['said {"code": "inner"}', '{"code": "inner"}.', '{"code": "inner", "say": "\ud800"}'])
def test_json_in_a_text_is_opened(text: str) -> None:
    assert codes(text) == ("inner",)


def test_json_in_a_text_is_opened_from_its_first_brace_to_its_last() -> None:
    assert codes('said {"code": "outer", "error": {"code": "inner"}, "raw": {"code": "other"}}.') == (
        "outer",
        "inner",
        "other",
    )


@pytest.mark.parametrize("text", ["no brace", "} turned {", "{ only open", "only closed }"])
def test_a_text_without_an_object_holds_no_code(text: str) -> None:
    assert codes(text) == ()


def test_json_that_begins_too_late_in_a_text_is_not_opened() -> None:
    assert codes("x" * CAP + '{"code": "late"}') == ()


def test_a_brace_too_late_in_a_text_ends_no_json() -> None:
    assert codes('{"code": "early"}' + "y" * CAP + "}") == ("early",)


def test_a_sentence_counts_as_words_wherever_it_stands() -> None:
    assert clues({"reason": "No money is left"}).wording == "no money is left"


def test_each_sentence_of_the_wording_has_a_line_of_its_own() -> None:
    assert clues({"message": "No money", "reason": "Top up"}).wording == "no money\ntop up"


def test_a_sentence_that_is_repeated_counts_once() -> None:
    assert clues({"message": "No money", "reason": "No money"}).wording == "no money"


def test_a_code_is_no_wording() -> None:
    assert clues({"reason": "money"}).wording == ""


def test_a_message_beside_code_true_is_no_error_in_a_success() -> None:
    assert refusal_in({"code": True, "message": "ok"}, refused=False) is None


def test_a_text_that_is_all_of_a_body_has_its_place() -> None:
    found = refusal_in("no money", "elsewhere")

    assert found is not None
    assert (found.message, found.place) == ("no money", "elsewhere")

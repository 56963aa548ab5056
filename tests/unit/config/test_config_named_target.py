"""Which target of a configuration is asked, and what it is taken to claim."""

from __future__ import annotations

from pathlib import Path

import pytest

from wnmon.config import built_in_suites
from wnmon.config.named_target import (
    Flags,
    MissingOptionError,
    NamedTarget,
    claiming,
    named_by_config,
    named_by_options,
)
from wnmon.errors import UsageError

ONE = """
targets:
  relay:
    base_url: http://127.0.0.1:9/v1
    api_key: sk-of-the-test
    models: [small, large]
defaults:
  timeout: {total: 9s}
"""
OTHER = """
  other:
    base_url: http://127.0.0.1:9/v1
    api_key: sk-of-another-test
    models: [small]
"""
FLAGS = Flags(base_url="--wnmon-base-url", model="--wnmon-model", target="--wnmon-target", config="--wnmon-config FILE")
TWO = ONE.replace("\ndefaults:", OTHER + "defaults:")


def _ask(folder: Path, text: str, name: str | None = None, *models: str) -> NamedTarget:
    path = folder / "wnmon.yaml"
    path.write_text(text, "utf-8")
    return named_by_config(path, name, models, {}, FLAGS)


def test_the_only_target_needs_no_name(tmp_path: Path) -> None:
    assert _ask(tmp_path, ONE).target.name == "relay"


def test_the_secrets_of_the_other_targets_are_known_beside_its_own(tmp_path: Path) -> None:
    known = {secret.reveal() for secret in _ask(tmp_path, TWO, "relay").secrets()}

    assert known == {"sk-of-the-test", "sk-of-another-test"}


def test_all_models_of_the_target_are_asked(tmp_path: Path) -> None:
    assert _ask(tmp_path, ONE).models == ("small", "large")


def test_a_named_model_is_asked_alone(tmp_path: Path) -> None:
    assert _ask(tmp_path, ONE, None, "large").models == ("large",)


def test_several_named_models_are_asked_in_the_order_named(tmp_path: Path) -> None:
    assert _ask(tmp_path, ONE, None, "large", "small").models == ("large", "small")


def test_one_unknown_model_among_several_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="target relay has no model 'huge'; it has small, large"):
        _ask(tmp_path, ONE, None, "small", "huge")


def test_options_name_several_models() -> None:
    named = named_by_options("http://127.0.0.1:9", ["a", "b"], ("KEY",), {"KEY": "sk-second-0123456789"})

    assert (named.models, named.target.models) == (("a", "b"), ("a", "b"))


def test_a_key_among_several_models_is_refused() -> None:
    with pytest.raises(UsageError, match="--model: expected a name, not what looks like a key"):
        named_by_options(
            "http://127.0.0.1:9", ["a", "sk-4f7Qz9Lm2Xc8Vb1Nn3WwTt6Rr5Yy0Uu"], ("KEY",), {}, needs_key=False
        )


def test_the_timeouts_are_those_of_the_defaults(tmp_path: Path) -> None:
    assert _ask(tmp_path, ONE).timeouts.total_s == 9


def test_one_of_several_targets_has_to_be_named_by_the_flag_of_the_edge(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--wnmon-target is needed: .* has relay, other"):
        _ask(tmp_path, TWO)


def test_a_named_target_is_asked(tmp_path: Path) -> None:
    assert _ask(tmp_path, TWO, name="other").target.name == "other"


def test_an_unknown_target_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no target 'nobody' in .*; there are relay, other"):
        _ask(tmp_path, TWO, name="nobody")


def test_an_unknown_model_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="target relay has no model 'huge'; it has small, large"):
        _ask(tmp_path, ONE, None, "huge")


def _options(base_url: str | None, model: str | None, env: dict[str, str], *, needs_key: bool = False) -> NamedTarget:
    return named_by_options(base_url, (model,) if model else (), ("FIRST", "SECOND"), env, FLAGS, needs_key=needs_key)


def test_options_name_a_target_and_the_environment_its_key() -> None:
    named = _options("http://127.0.0.1:9", "small", {"FIRST": "", "SECOND": "sk-second-0123456789"})

    assert (named.target.url, named.models) == ("http://127.0.0.1:9/v1/chat/completions", ("small",))
    assert named.target.api_key is not None
    assert named.target.api_key.reveal() == "sk-second-0123456789"


def test_what_is_missing_is_called_by_the_flags_of_the_edge() -> None:
    with pytest.raises(MissingOptionError) as refused:
        _options(None, None, {})
    said = str(refused.value), str(refused.value.hint)
    assert said == (
        "missing --wnmon-base-url and --wnmon-model",
        "a configuration may name it instead: --wnmon-config FILE",
    )


def test_a_key_that_is_needed_and_nowhere_is_missed_by_the_names_of_its_variables() -> None:
    with pytest.raises(UsageError, match="no key: FIRST or SECOND is not set"):
        _options("http://127.0.0.1:9", "small", {}, needs_key=True)


def test_a_target_without_a_key_says_so() -> None:
    target = _options("http://127.0.0.1:9", "small", {"FIRST": ""}).target

    assert (target.api_key, [*map(str, target.remarks)]) == (
        None,
        ["without a key, for lack of FIRST and SECOND in the environment"],
    )


def test_a_claimed_feature_is_added_to_the_target(tmp_path: Path) -> None:
    assert claiming(_ask(tmp_path, ONE), ("tools",), built_in_suites()).target.features == {"tools"}


def test_a_feature_no_request_is_about_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown feature 'tool'") as refused:
        claiming(_ask(tmp_path, ONE), ("tool",), built_in_suites())
    assert str(refused.value.hint) == 'did you mean "tools"?'


def test_a_feature_is_refused_where_no_request_knows_any(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        claiming(_ask(tmp_path, ONE), ("tools",), ())
    assert str(refused.value.hint) == "features here: none"


def test_where_the_relay_itself_is_asked_no_model_is_needed() -> None:
    found = named_by_options("https://relay.example", (), ("FIRST",), {"FIRST": "k" * 16}, needs_model=False)

    assert (found.models, found.target.models) == ((), ())


def test_without_a_model_the_url_alone_is_missing() -> None:
    with pytest.raises(MissingOptionError) as missing:
        named_by_options(None, (), ("FIRST",), {}, needs_model=False)

    assert str(missing.value.message) == "missing --base-url"

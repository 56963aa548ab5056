"""The tests themselves: `wnmon::SUITE::RULE`, collected beside those of the project, and what each reports."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from wnmon.config import load_suites, narrow, profiles_of
from wnmon.config.named_target import Flags, claiming, named_by_config, named_by_options, rules_of
from wnmon.errors import ConfigError, UsageError, WnmonError
from wnmon.model.check import Plan, Rule
from wnmon.model.said import Said
from wnmon.pytest_plugin.judging import Judging, SuiteOnModel
from wnmon.pytest_plugin.outcomes import Ending, RuleOutcome, outcome_of
from wnmon.pytest_plugin.settings import Settings, read_settings
from wnmon.report.curl import KEY_VARIABLES
from wnmon.report.text import word

ROOT = "wnmon"
"""How every id of a test begins."""

_FLAGS = Flags(
    base_url="--wnmon-base-url", model="--wnmon-model", target="--wnmon-target", config="--wnmon-config FILE"
)


class RuleTests:
    """The plugin of one pytest run: adds the collector of rules, and readies each test before it is set up."""

    def __init__(self, config: pytest.Config) -> None:
        self._settings = read_settings(config)
        self._reported: dict[str, str] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Put the rules behind whatever the session collects itself."""
        report = yield
        if isinstance(collector, pytest.Session) and report.passed:
            rules = Rules.from_parent(collector, name=ROOT, nodeid=ROOT, settings=self._settings)
            report.result = [*(report.result or ()), rules]
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Learn what a test of ours will say, before pytest asks for its marks: skips and xfails are marks."""
        if isinstance(item, RuleTest):
            item.learn(self._reported)


class Rules(pytest.Collector):
    """All suites asked for. What is wrong with a file or an option is one error of the collection."""

    def __init__(self, *, settings: Settings, **rest: Any) -> None:
        super().__init__(**rest)
        self._settings = settings

    def collect(self) -> Iterator[SuiteRules]:
        """Yield a collector per suite. Raises CollectError with every problem."""
        try:
            plans = load_suites(self._settings.suites, Path())
            _refuse_unknown(self._settings.profiles, plans)
            models, ask = _asking(self._settings, plans)
        except WnmonError as wrong:
            raise self.CollectError(_message(wrong)) from None
        judging = Judging(plans, self._settings, ask)
        for number, plan in enumerate(plans):
            name = plan.suite or "suite"
            subjects = tuple(SuiteOnModel(suite=number, model=model) for model in models)
            yield SuiteRules.from_parent(
                self, name=name, plan=plan, settings=self._settings, subjects=subjects, judging=judging
            )


def _asking(settings: Settings, plans: tuple[Plan, ...]) -> tuple[tuple[str | None, ...], Any]:
    """Return the models there are tests for, and how to learn whom to ask.

    A configuration has to be read for its models. Options are looked at, and a key is missed, only by a test that runs.
    """
    if settings.config is None:
        given = settings.base_url, settings.models, KEY_VARIABLES, os.environ, _FLAGS
        return settings.models or (None,), lambda: claiming(named_by_options(*given), settings.features, plans)
    if settings.base_url is not None:
        raise UsageError(Said("cli_url_twice", url=_FLAGS.base_url, config="--wnmon-config"))
    rules = rules_of(plans)
    named = named_by_config(settings.config, settings.target, settings.models, os.environ, _FLAGS, rules=rules)
    named = claiming(named, settings.features, plans)
    return named.models, lambda: named


def _refuse_unknown(profiles: tuple[str, ...], plans: tuple[Plan, ...]) -> None:
    known = sorted(profiles_of(rule for plan in plans for rule in plan.rules))
    unknown = next((profile for profile in profiles if profile not in known), None)
    if unknown is not None:
        raise UsageError(
            Said("plugin_profile_unknown", text=repr(unknown)), hint=Said("profiles_here", text=", ".join(known))
        )


def _message(wrong: WnmonError) -> str:
    lines = wrong.problems if isinstance(wrong, ConfigError) else (f"wnmon: {wrong.message}",)
    return "\n".join([*map(str, lines), *([f"hint: {wrong.hint}"] if wrong.hint else [])])


class SuiteRules(pytest.Collector):
    """The rules of one suite, for each model."""

    def __init__(
        self, *, plan: Plan, settings: Settings, subjects: tuple[SuiteOnModel, ...], judging: Judging, **rest: Any
    ) -> None:
        super().__init__(**rest)
        self.judging = judging
        self.settings = settings
        self._subjects = subjects
        self._plan = narrow(plan, profiles=settings.profiles, full=settings.full)

    def collect(self) -> Iterator[RuleTest]:
        """Yield a test for every rule that has a level in the profiles judged."""
        for subject in self._subjects:
            for rule in self._plan.rules:
                if self._plan.level(rule) is not None:
                    yield self._test(subject, rule)

    def _test(self, subject: SuiteOnModel, rule: Rule) -> RuleTest:
        name = f"{rule.id}[{subject.model}]" if len(self._subjects) > 1 else rule.id
        test = RuleTest.from_parent(self, name=name, rule=rule, subject=subject)
        level = self._plan.level(rule)
        assert level is not None
        test.add_marker(pytest.mark.wnmon(rule=rule.id, suite=self.name, level=level.value, model=subject.model))
        test.add_marker(f"wnmon_{level.value.lower()}")
        for profile in (name for name in rule.levels if name in self._plan.profiles):
            marker = f"wnmon_profile_{profile}"
            self.config.addinivalue_line("markers", f"{marker}: a rule of the profile {profile}")
            test.add_marker(marker)
        return test


class RuleTest(pytest.Item):
    """One rule on one model.

    Broken: failed. Broken, but not binding or waived: xfail. Skipped and noted: skipped. A binding rule that could not
    be judged: an error, neither passed nor failed; only the first test of each reason has it, the others are skipped.
    """

    def __init__(self, *, rule: Rule, subject: SuiteOnModel, **rest: Any) -> None:
        super().__init__(**rest)
        self.subject = subject
        self.rule = rule
        self._said: RuleOutcome | None = None

    def learn(self, reported: dict[str, str]) -> None:
        """Find out what to say, from the run all tests of the suite share. `reported` holds the errors had so far."""
        if self._said is not None:  # set up once more, by a plugin that repeats tests
            return
        said = self._said = self._ask()
        self.user_properties.append(("wnmon", said.ending.value))
        if said.ending is Ending.UNJUDGED and reported.setdefault(said.reason, self.nodeid) != self.nodeid:
            self.add_marker(pytest.mark.skip(reason=f"{said.reason} (see {reported[said.reason]})"))
        elif said.ending is Ending.LEFT_OUT:
            self.add_marker(pytest.mark.skip(reason=said.reason))
        elif said.ending is Ending.TOLERATED:
            self.add_marker(pytest.mark.xfail(reason=said.reason, strict=False))

    def _ask(self) -> RuleOutcome:
        suite, beside = self._suite, self._selected_beside()
        try:
            run = suite.judging.run_of(self.subject, beside)
        except WnmonError as wrong:
            return RuleOutcome(ending=Ending.UNJUDGED, reason=f"wnmon: {wrong.message}", details=str(wrong.hint or ""))
        return outcome_of(self.rule, run, beside=beside, strict=suite.settings.strict, lang=suite.settings.lang)

    @property
    def _suite(self) -> SuiteRules:
        assert isinstance(self.parent, SuiteRules)
        return self.parent

    def _selected_beside(self) -> list[str]:
        """Return the rules that were selected of this suite and model: only their requests are sent."""
        tests = (item for item in self.session.items if isinstance(item, RuleTest))
        return [test.rule.id for test in tests if test.subject == self.subject]

    def setup(self) -> None:
        """Fail, which pytest calls an error here, where the rule could not be judged."""
        assert self._said is not None
        if self._said.ending is Ending.UNJUDGED:
            what = word("could_not_judge", self._suite.settings.lang)
            pytest.fail("\n".join([f"{what}: {self._said.reason}", *self._said.details.splitlines()]), pytrace=False)

    def runtest(self) -> None:
        """Fail where the rule is broken."""
        assert self._said is not None
        if self._said.ending in {Ending.BROKEN, Ending.TOLERATED}:
            pytest.fail(self._said.details, pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return what heads the report of this test; the path is no file, it is where ids of rules begin."""
        return self.config.rootpath / ROOT, 0, self.nodeid

"""Breaks wnmon/wire and wnmon/judge in one place at a time and writes docs/mutation.md: `python scripts/mutation.py`.

`python scripts/mutation.py wnmon.wire.media` does it for single modules and renews their lines of the page; `--look`
leaves the page alone.
mutmut makes the mutants and runs the tests that reach each, in a copy of the tree in a folder for temporary files.
Ends with 1 when a package is below the limit, when a mutant survives without a reason in
docs/mutation-survivors.yaml, and when a reason is left whose mutant is gone.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import ndiff
from pathlib import Path

from mutation_page import LIMIT, PACKAGES, PAGE, Count, Reason, read_counts, read_reasons, render

ROOT = Path(__file__).parent.parent
ORDER = "scripts/mutation_order.py"
GOLDEN = "tests/golden/complaints.json"
COUNTS = "tests/integration/call_counts.py"
COPIED = ("wnmon", "checks", "docs", "scripts", "tests/unit/wire", "tests/unit/judge")
TESTS = ("tests/unit/wire", "tests/unit/judge")
# These read very many cases or start a process, and reach everything. What only they notice counts as unnoticed.
LEFT_OUT = (
    "tests/unit/wire/test_wire_properties.py",
    "tests/unit/wire/test_sse_torture.py",
    "tests/unit/judge/test_judge_fuzz.py",
)
MEMORY_BYTES = 4 << 30
"""What one run of tests may take: a mutant that never stops collecting fails there, not the machine."""

KILLED = frozenset({1, 3})
"""pytest: tests failed, or pytest itself did."""
SURVIVED = frozenset({0, 5, 33})
"""All tests passed, or none reaches the place."""
TIMED_OUT = frozenset({-24, 24, 36, 152, 255})
"""What mutmut notes for a run that took several times as long as it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One changed function: `function` is its dotted name, `change` the lines before and after."""

    function: str
    change: str
    exit_code: int | None

    @property
    def line(self) -> str:
        """How the list of survivors names it."""
        return f"{self.function}: {self.change}"


def main(modules: Sequence[str], *, look: bool) -> int:
    """Run the mutants of these modules, of both packages without any; return the exit code. `look` writes nothing."""
    with tempfile.TemporaryDirectory(prefix="wnmon-mutation-") as folder:
        tree = Path(folder)
        copy_tree(tree, modules)
        run_mutmut(tree)
        mutants = {module: list(mutants_of(tree, module)) for module in modules or all_modules()}
    refuse_unknown([mutant for those in mutants.values() for mutant in those])
    judged = {module: count(those) for module, those in mutants.items()}
    known = {**read_counts(), **judged}
    counts = {module: known[module] for module in all_modules() if module in known}
    survivors = [mutant.line for those in mutants.values() for mutant in those if not is_caught(mutant)]
    reasons = read_reasons()
    complaints = [*unexplained(survivors, reasons), *outdated(survivors, reasons, modules), *below_limit(counts)]
    if not look:
        PAGE.write_text(render(counts, reasons), encoding="utf-8")
    total = sum(judged.values(), Count())
    print(f"{total.made} mutants, {total.caught} caught, {total.survived} survived ({total.share:.1%} caught)")
    print("\n".join(complaints), end="\n" if complaints else "")
    return 1 if complaints else 0


def all_modules() -> list[str]:
    """Return the modules of both packages, by name."""
    files = (file for package in PACKAGES for file in sorted(ROOT.joinpath(*package.split(".")).rglob("*.py")))
    return [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files if file.stem != "__init__"]


def path_of(module: str) -> str:
    """Return the file of a module, below the root."""
    return module.replace(".", "/") + ".py"


def copy_tree(tree: Path, modules: Sequence[str]) -> None:
    """Copy what the tests need, with a configuration for mutmut."""
    for name in COPIED:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (GOLDEN, COUNTS, ORDER):
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tree / file)
    settings = {
        "source_paths": ["wnmon"],
        "only_mutate": [path_of(module) for module in modules] or [f"{path_of(name)[:-3]}/*" for name in PACKAGES],
        "also_copy": ["checks", "docs", "scripts"],
        "pytest_add_cli_args_test_selection": [*TESTS, *(f"--ignore={file}" for file in LEFT_OUT)],
        "pytest_add_cli_args": [
            *("-p", "mutation_order", "-p", "no:cacheprovider", "-p", "no:cov"),
            "--hypothesis-profile=mutation",
        ],
        "timeout_constant": 3.0,  # a mutant may take four times as long as its tests did, and twelve seconds
        "timeout_multiplier": 4.0,
        "use_git_change_detection": False,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (tree / "pyproject.toml").write_text("\n".join([project, "[tool.mutmut]", *lines, ""]), encoding="utf-8")


def run_mutmut(tree: Path) -> None:
    """Run mutmut to its end. Its spinner is for a terminal only; elsewhere it is shown when it fails."""
    # The order of tests of equal length is that of a set; the plugin of pytest lies in the tree.
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str((tree / ORDER).parent)}
    order = [str(Path(sys.executable).parent / "mutmut"), "run"]
    spoken = None if sys.stdout.isatty() else subprocess.PIPE
    ended = subprocess.run(
        order, cwd=tree, env=environment, stdout=spoken, stderr=subprocess.STDOUT, preexec_fn=limit_memory, check=False
    )
    if ended.returncode:
        raise SystemExit(f"mutmut ended with {ended.returncode}\n{(ended.stdout or b'').decode()[-4000:]}")


def limit_memory() -> None:
    """Let no process of the run take more memory than is fair."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def mutants_of(tree: Path, module: str) -> Iterator[Mutant]:
    """Yield the mutants of a module from the files mutmut leaves beside its copy: results, and places of functions."""
    file = tree / "mutants" / path_of(module)
    results: dict[str, int | None] = json.loads(Path(f"{file}.meta").read_text("utf-8"))["exit_code_by_key"]
    spans: dict[str, tuple[int, int]] = json.loads(Path(f"{file}.spans").read_text("utf-8"))["spans"]
    lines = file.read_text("utf-8").split("\n")
    seen: Counter[str] = Counter()
    for key, exit_code in results.items():
        name = key.removeprefix(f"{module}.")
        plain, _, _ = name.partition("__mutmut_")
        function = ".".join([module, *plain.removeprefix("x_").removeprefix("xǁ").split("ǁ")])
        before, after = (
            [line.replace(f"{one}(", "(") for line in lines[spans[one][0] - 1 : spans[one][1]]]
            for one in (f"{plain}__mutmut_orig", name)
        )
        change = changed(before, after)
        seen[f"{function}: {change}"] += 1
        nth = seen[f"{function}: {change}"]
        yield Mutant(function=function, change=change if nth == 1 else f"{change} ({nth})", exit_code=exit_code)


def refuse_unknown(mutants: Sequence[Mutant]) -> None:
    """Raise SystemExit where a run ended in a way that says nothing about the tests."""
    odd = [mutant for mutant in mutants if mutant.exit_code not in KILLED | SURVIVED | TIMED_OUT]
    if odd:
        raise SystemExit("\n".join(f"the run ended with {mutant.exit_code}: {mutant.line}" for mutant in odd))


def changed(before: Sequence[str], after: Sequence[str]) -> str:
    """Return the lines that differ as `before → after`, each side on one line."""
    marked = [(line[:2], line[2:].strip()) for line in ndiff(before, after)]
    old, new = (" ⏎ ".join(text for mark, text in marked if mark == sign and text) for sign in ("- ", "+ "))
    return f"{old} → {new or 'nothing'}"


def is_caught(mutant: Mutant) -> bool:
    """Tell whether tests noticed a mutant. One that no test reaches is not caught."""
    return mutant.exit_code in KILLED | TIMED_OUT


def count(mutants: Sequence[Mutant]) -> Count:
    """Return how many mutants came to what."""
    killed = sum(mutant.exit_code in KILLED for mutant in mutants)
    timed_out = sum(mutant.exit_code in TIMED_OUT for mutant in mutants)
    return Count(killed=killed, timed_out=timed_out, survived=len(mutants) - killed - timed_out)


def unexplained(survivors: Sequence[str], reasons: Sequence[Reason]) -> list[str]:
    """Return a complaint about each survivor without a reason, as the file wants it."""
    known = {line for reason in reasons for line in reason.mutants}
    return [
        f"survives without a reason:\n    - {json.dumps(one, ensure_ascii=False)}"
        for one in survivors
        if one not in known
    ]


def outdated(survivors: Sequence[str], reasons: Sequence[Reason], modules: Sequence[str]) -> list[str]:
    """Return a complaint about each reason whose mutant of a judged module does not survive."""
    judged = tuple(f"{module}." for module in modules or all_modules())
    listed = [line for reason in reasons for line in reason.mutants if line.startswith(judged)]
    return [f"does not survive, yet has a reason: {line}" for line in listed if line not in survivors]


def below_limit(counts: dict[str, Count]) -> list[str]:
    """Return a complaint about each package of whose mutants too few are caught."""
    sums = {
        package: sum((one for module, one in counts.items() if module.startswith(f"{package}.")), Count())
        for package in PACKAGES
    }
    return [f"{name}: {one.share:.1%} caught, {LIMIT:.0%} wanted" for name, one in sums.items() if one.share < LIMIT]


if __name__ == "__main__":
    sys.exit(main([name for name in sys.argv[1:] if name != "--look"], look="--look" in sys.argv))

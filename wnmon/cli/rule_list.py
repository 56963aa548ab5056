"""Which rules `wnmon check --list` tells of: those of the built-in suites as they were listed beforehand, else as read.

To read all built-in suites takes many times as long as to show their rules, so `make generate` writes the list down
beside this module, with a digest of the files it was made of. Where that is not the digest of the files that are there,
the list counts for nothing, and the suites are read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from wnmon.cli.listing import ListedRule, render_json, render_text, selected
from wnmon.cli.terminal import say
from wnmon.config.shipped import shipped_files, shipped_folder

WRITTEN = Path(__file__).with_name("rule_list.json")


def list_rules(suites: Sequence[str], options: Mapping[str, Any]) -> int:
    """Print the rules of some suites, else of all built-in ones, and return the exit code. Raises WnmonError."""
    wanted = {"profiles": options["profiles"] or (), "only": options["only"], "skip": options["skip"]}
    rules = selected(() if suites else listed_beforehand(), **wanted) or _read(suites, wanted)
    as_json = options["as_json"]
    say(render_json(rules) if as_json else render_text(rules, options["lang"]), as_utf8=as_json)
    return 0


def _read(suites: Sequence[str], wanted: Mapping[str, Sequence[str]]) -> list[ListedRule]:
    """Return the wanted rules of suites that are read. Raises WnmonError, also where there is none, and says why."""
    from wnmon.cli.suites import listed, load, nothing_selected
    from wnmon.config import built_in_suites

    plans = load(suites) if suites else built_in_suites()
    rules = selected(listed(plans), **wanted)
    if not rules:
        raise nothing_selected(plans, wanted["only"], full=True)
    return rules


def listed_beforehand(folder: Path | None = None, written: Path = WRITTEN) -> list[ListedRule]:
    """Return the rules of the built-in suites in a folder as they were listed; none where other files were listed."""
    document = json.loads(written.read_bytes())
    if document["sha256"] != digest_of(folder or shipped_folder()):
        return []
    return [ListedRule(**rule) for rule in document["rules"]]


def digest_of(folder: Path) -> str | None:
    """Return the SHA-256 over the built-in files of a folder and their names, None where one cannot be read."""
    digest = sha256()
    try:
        for name, path in shipped_files(folder).items():
            data = path.read_bytes()
            digest.update(f"{name} {len(data)}\n".encode() + data)
    except OSError:
        return None
    return digest.hexdigest()


def render_written(rules: Sequence[ListedRule], digest: str) -> str:
    """Return what `listed_beforehand` reads: JSON, a rule a line, so that a change of one is seen."""
    lines = ",\n".join(json.dumps(rule._asdict(), ensure_ascii=False) for rule in rules)
    return f'{{"sha256": "{digest}", "rules": [\n{lines}\n]}}\n'

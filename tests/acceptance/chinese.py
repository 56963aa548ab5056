"""How a program is told to speak Chinese, and the English that is left in what it says."""

from __future__ import annotations

import re

CHINESE = {"LANG": "zh_CN.UTF-8", "LC_ALL": "", "LC_MESSAGES": "", "LANGUAGE": "", "PYTHONIOENCODING": "utf-8"}

# Names, and what the system says in words of its own.
_QUOTED = re.compile(
    r"'[^']*'|\"[^\"]*\"|wnmon(?: [a-z]+)+|OpenAI chat completions"
    r"|\[Errno.*|No such file or directory|Cannot assign requested address.*"
)
_SENTENCE = re.compile(r"(?<![\w/.:-])[A-Za-z']+(?: [a-z']+){2,}")


def english(text: str) -> list[str]:
    """Return the English left in a text: three words or more in a row that are neither quoted nor a name."""
    return _SENTENCE.findall(" ".join(_QUOTED.sub("…", text).split()))

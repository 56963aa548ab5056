"""What stands where a key belongs and is none: relays that ask for no key are sent such a word, for clients insist.

    a value                                       is a placeholder
    EMPTY, none, no-key, sk-no-key-required       yes: it says that there is no key
    ollama, lm-studio, token-abc123               yes: the pages of these servers tell everyone to write it
    sk-1234, 0123456789, xxx, ****, 0000          yes: counted, or one such sign over and over; one sign alone
    your-api-key, <API_KEY>                       yes: nobody has filled it in
    stop, data, assistant                         as one: every answer says it, so that it cannot be taken out
    hunter2                                       no: a short secret is a secret

Letters in any case, `-`, `_`, `.` and blanks between them, and a `sk-` before them make no difference.
"""

from __future__ import annotations

import re

_BEGINNING = re.compile(r"(?:sk|pk)[-_]", re.IGNORECASE)
_BETWEEN = re.compile(r"[-_. <>{}\[\]/\"']")
_COUNTED = "01234567890"
_TO_BE_FILLED_IN = re.compile(
    r"(?:your|my|insert|put|enter|replace|add)(?:[a-z]{0,16})(?:key|token)(?:[a-z]{0,8})", re.ASCII
)

_NO_KEY = """
    empty none null nil na nothing nokey nokeyrequired nokeyneeded notneeded notrequired notused unused unset undefined
    noauth noneeded nonerequired anything any whatever dummy dummykey dummytoken dummyapikey fake fakekey fakeapikey
    test testkey testing placeholder key apikey token example examplekey sample local localhost localkey default
    changeme todo tbd foo bar foobar
    ollama lmstudio vllm llamacpp llama localai litellm tokenabc123 jan koboldcpp gpt4all tabbyapi sglang xinference
"""
_OF_ANSWERS = """
    data event id retry object model created choices index message delta role assistant user system developer tool
    tools function content stop length usage error code type param text json true false name arguments refusal
    stream chat completion chunk list redacted secret header
"""
_WORDS = frozenset((_NO_KEY + _OF_ANSWERS).split())


def is_placeholder(value: str) -> bool:
    """Tell whether a value is no secret, though it stands where one belongs. An empty one is none either."""
    word = _BETWEEN.sub("", _BEGINNING.sub("", value.strip(), count=1)).lower()
    return (
        len(word) < 2
        or (len(set(word)) == 1 and word[0] in "x*01?")
        or word in _WORDS
        or (len(word) > 2 and word in _COUNTED)
        or _TO_BE_FILLED_IN.fullmatch(word) is not None
    )

"""A curl command as cmd.exe, PowerShell, a word processor or a page wrote it -> as a POSIX shell would take it.

what was pasted                                   what becomes of it
------------------------------------------------  --------------------------------------------------------------
^ at a line's end, ^" and ^{ ("as cURL (cmd)")    cmd.exe's escapes and Windows' quoting are read
` at a line's end                                 PowerShell's escapes and quoting are read
quotation marks as books have them, full width    straight ones, where no straight quotation holds them
– and — before an option, as — for --             the dashes they were
a no-break or ideographic space between words     a blank
-d @- <<EOF, -d @- <<< TEXT                       -d with the text
a blank after the backslash at a line's end       the line goes on, as was meant (`curl_line`)
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

_BLANKS = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u3000": " ", "\u200b": None, "\ufeff": None})
_STRAIGHT = str.maketrans({"“": '"', "”": '"', "„": '"', "＂": '"', "‘": "'", "’": "'", "‚": "'", "＇": "'"})
# A straight quotation or an escape is kept; a curly quotation becomes a straight one; anything else stands for itself.
_PIECE = re.compile(
    r"""(?P<kept>'[^']*'|"(?:\\.|[^"\\])*"|\\.)|[“”„＂](?P<double>\{.*\}|[^“”＂]*)[“”＂]|[‘’‚＇](?P<single>[^‘’＇]*)[‘’＇]""",
    re.DOTALL,
)
_DASHES = re.compile(r"(?<!\S)[\u2010-\u2015\u2212\uff0d]{1,2}(?=([A-Za-z]+))")
_HEREDOC = re.compile(
    r"@-(?P<before>[^\n]*?)<<-?[ \t]*(?P<mark>['\"]?)(?P<end>[A-Za-z_]\w*)(?P=mark)(?P<after>[^\n]*)\n"
)
_HERE_STRING = re.compile(r"@-(?P<before>[^\n]*?)<<<[ \t]*(?P<word>(?:'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.)+)", re.DOTALL)
_CARET_END = re.compile(r"\^[ \t]*\n")
_BACKTICK = re.compile(r"`[ \t]*(?:\n|$)")
_POWERSHELL = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


def as_posix(command: str) -> str:
    """Return a command, and what follows it, as a POSIX shell would take it."""
    plain = "\n".join(command.splitlines())
    first = _unquoted_part(plain.partition("\n")[0])
    if "^" in first:
        joined = _CARET_END.sub(" ", plain)
        # Single quotes are none to cmd.exe; who pastes them wrote for another shell and changed the line ends.
        is_posix = re.search(r"\s'", joined) is not None and '^"' not in plain
        return joined if is_posix else shlex.join(_windows_words(_without_carets(plain)))
    if _BACKTICK.search(first):
        return _from_powershell(plain)
    return _straightened(_here(plain))


def _unquoted_part(line: str) -> str:
    """Return what of a line no straight quotation holds: the shell it is written for shows there alone."""
    return re.split("['\"]", _PIECE.sub(lambda found: found[0] if found["kept"] is None else "", line))[0]


def _here(text: str) -> str:
    """Return a command with what it would read from its own text in place of @-."""
    text = _HERE_STRING.sub(lambda found: " ".join((found["word"], found["before"])), text, count=1)
    head = _HEREDOC.search(text)
    end = head and re.compile(rf"^[ \t]*{head['end']}[ \t]*$", re.MULTILINE).search(text, head.end())
    if not head or not end:
        return text
    body = text[head.end() : end.start()]
    return " ".join((text[: head.start()] + shlex.quote(body), head["before"], head["after"])) + text[end.end() :]


def _straightened(text: str) -> str:
    """Return a text whose quotations a shell knows. What a straight quotation holds stays as it is."""
    out, at = [], 0
    for found in _PIECE.finditer(text):
        out.append(_dashed(text[at : found.start()].translate(_BLANKS)))
        at = found.end()
        inner = found["double"] if found["double"] is not None else found["single"]
        out.append(found[0] if inner is None else shlex.quote(inner.translate(_STRAIGHT)))
    return "".join([*out, _dashed(text[at:].translate(_BLANKS))])


def _dashed(text: str) -> str:
    """Return a text whose options begin with dashes that curl knows: one before a letter, two before a word."""
    return _DASHES.sub(lambda found: "-" if len(found[1]) == 1 else "--", text)


def _without_carets(text: str) -> str:
    """Return what cmd.exe hands to a program: ^ escapes what follows, but not within quotation marks."""
    out: list[str] = []
    characters, quoted = iter(text), False
    for char in characters:
        if char == "^" and not quoted:
            following = next(characters, "")
            while following in {" ", "\t"} and following:  # a blank after the caret at a line's end
                following = next(characters, "")
            out.append(" " if following == "\n" else following)
            continue
        if char == "\n" and not quoted:
            break
        quoted ^= char == '"' and out[-1:] != ["\\"]
        out.append(char)
    return "".join(out)


def _windows_words(line: str) -> list[str]:
    """Return the words of a command line as a Windows program reads them: a backslash escapes before a quote alone."""
    words = re.finditer(r'(?:[^\s"\\]|\\+"?|"(?:[^"\\]|\\+"|\\+|"")*"?)+', line)
    return ["".join(_unquoted(found[0])) for found in words]


def _unquoted(word: str) -> Iterator[str]:
    for found in re.finditer(r'(\\*)("*)([^"\\]*)', word):
        slashes, quotes, text = found.groups()
        if not quotes:
            yield slashes + text
            continue
        yield slashes[: len(slashes) // 2]
        # An odd backslash makes the quote a character; of quotes beside each other within a quotation two are one.
        yield '"' * (len(slashes) % 2) + text


def _from_powershell(text: str) -> str:
    """Return a PowerShell command for a POSIX shell. Windows' curl takes \\" for a quote within either quotation."""
    text = _BACKTICK.sub(" ", text)
    pattern = re.compile(r"'(?P<single>(?:''|[^'])*)'|\"(?P<double>(?:`.|\"\"|\\\"|[^\"`])*)\"", re.DOTALL)

    def quoted(found: re.Match[str]) -> str:
        if found["single"] is not None:
            inner = found["single"].replace("''", "'")
        else:
            inner = found["double"].replace('""', '"')
            inner = re.sub("`(.)", lambda escape: _POWERSHELL.get(escape[1], escape[1]), inner, flags=re.DOTALL)
        return shlex.quote(inner.replace('\\"', '"'))

    return pattern.sub(quoted, text)

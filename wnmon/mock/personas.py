"""Legal habits of real relays, by name: a client must bear them and no rule may fail on them."""

from __future__ import annotations

from wnmon.mock import broken_bytes as octets
from wnmon.mock import broken_streams as streams
from wnmon.mock.fault import Fault, Kind

PERSONAS: dict[str, Fault] = {
    "azure": Fault(
        says="the stream begins with a nameless chunk without choices (prompt_filter_results)",
        kind=Kind.PERSONA,
        events=streams.with_azure_preamble,
    ),
    "cr": Fault(says="the lines of the stream end with CR alone", kind=Kind.PERSONA, frame=streams.with_cr),
    "crlf": Fault(says="the lines of the stream end with CRLF", kind=Kind.PERSONA, frame=streams.with_crlf),
    "finish-usage": Fault(
        says="the usage stands on the chunk with finish_reason, if it was asked for",
        kind=Kind.PERSONA,
        kills=frozenset({"STR-011"}),
        events=streams.with_usage_on_finish,
    ),
    "null-content": Fault(
        says="deltas write out as null what they do not say: content, tool_calls, refusal",
        kind=Kind.PERSONA,
        chunk=streams.with_nulls,
    ),
    "no-space": Fault(says="no space after `data:`", kind=Kind.PERSONA, frame=streams.without_space),
    "openrouter-comments": Fault(
        says="comments `: OPENROUTER PROCESSING` before and between tokens",
        kind=Kind.PERSONA,
        events=streams.with_comments,
    ),
    "padded": Fault(
        says="every chunk of a stream carries a member obfuscation", kind=Kind.PERSONA, chunk=streams.with_padding
    ),
    "retry": Fault(
        says="the stream begins with `retry:`, and each event has an `id:`",
        kind=Kind.PERSONA,
        events=streams.with_retry,
        frame=streams.with_ids,
    ),
    "role-with-text": Fault(
        says="the role stands in the delta of the first token",
        kind=Kind.PERSONA,
        events=streams.with_role_beside_text,
    ),
    "torn": Fault(says="a body comes in pieces of 11 bytes, cut anywhere", kind=Kind.PERSONA, body=octets.torn),
    "reasoning": Fault(
        says="reasoning_content deltas before the first content",
        kind=Kind.PERSONA,
        events=streams.with_reasoning,
    ),
}

"""Legal habits of real relays, by name: a client must bear them and no rule may fail on them."""

from __future__ import annotations

from wnmon.mock import broken_bytes as octets
from wnmon.mock import broken_streams as streams
from wnmon.mock.fault import FaultKind, MockFault

PERSONAS: dict[str, MockFault] = {
    "azure": MockFault(
        says="the stream begins with a nameless chunk without choices (prompt_filter_results)",
        kind=FaultKind.PERSONA,
        events=streams.with_azure_preamble,
    ),
    "cr": MockFault(says="the lines of the stream end with CR alone", kind=FaultKind.PERSONA, frame=streams.with_cr),
    "crlf": MockFault(says="the lines of the stream end with CRLF", kind=FaultKind.PERSONA, frame=streams.with_crlf),
    "finish-usage": MockFault(
        says="the usage stands on the chunk with finish_reason, if it was asked for",
        kind=FaultKind.PERSONA,
        kills=frozenset({"STR-011"}),
        events=streams.with_usage_on_finish,
    ),
    "null-content": MockFault(
        says="deltas write out as null what they do not say: content, tool_calls, refusal",
        kind=FaultKind.PERSONA,
        chunk=streams.with_nulls,
    ),
    "no-space": MockFault(says="no space after `data:`", kind=FaultKind.PERSONA, frame=streams.without_space),
    "openrouter-comments": MockFault(
        says="comments `: OPENROUTER PROCESSING` before and between tokens",
        kind=FaultKind.PERSONA,
        events=streams.with_comments,
    ),
    "padded": MockFault(
        says="every chunk of a stream carries a member obfuscation", kind=FaultKind.PERSONA, chunk=streams.with_padding
    ),
    "retry": MockFault(
        says="the stream begins with `retry:`, and each event has an `id:`",
        kind=FaultKind.PERSONA,
        events=streams.with_retry,
        frame=streams.with_ids,
    ),
    "role-with-text": MockFault(
        says="the role stands in the delta of the first token",
        kind=FaultKind.PERSONA,
        events=streams.with_role_beside_text,
    ),
    "torn": MockFault(
        says="a body comes in pieces of 11 bytes, cut anywhere", kind=FaultKind.PERSONA, body=octets.torn
    ),
    "reasoning": MockFault(
        says="reasoning_content deltas before the first content",
        kind=FaultKind.PERSONA,
        events=streams.with_reasoning,
    ),
}

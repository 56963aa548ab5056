"""Legal habits of real relays, by name: a client must bear them and no rule may fail on them."""

from __future__ import annotations

from wnmon.mock import broken_streams as streams
from wnmon.mock.fault import Fault, Kind

PERSONAS: dict[str, Fault] = {
    "azure": Fault(
        says="the stream begins with a chunk without choices (prompt_filter_results)",
        kind=Kind.PERSONA,
        events=streams.with_azure_preamble,
    ),
    "crlf": Fault(says="the lines of the stream end with CRLF", kind=Kind.PERSONA, frame=streams.with_crlf),
    "finish-usage": Fault(
        says="the usage stands on the chunk with finish_reason, if it was asked for",
        kind=Kind.PERSONA,
        events=streams.with_usage_on_finish,
    ),
    "no-space": Fault(says="no space after `data:`", kind=Kind.PERSONA, frame=streams.without_space),
    "openrouter-comments": Fault(
        says="comments `: OPENROUTER PROCESSING` before and between tokens",
        kind=Kind.PERSONA,
        events=streams.with_comments,
    ),
    "reasoning": Fault(
        says="reasoning_content deltas before the first content",
        kind=Kind.PERSONA,
        events=streams.with_reasoning,
    ),
}

"""Writes the table of docs/checks.md that says which member of a delta or message counts for which channel.

`python scripts/channels.py [--print]`: with --print the page, to stdout. Who sends what is written here; what counts is
asked of the reader itself.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from wnmon.model.exchange import Chunk
from wnmon.model.json import Json, JsonObject
from wnmon.wire.sse import parse
from wnmon.wire.stream import fold

PAGE = Path(__file__).parent.parent / "docs" / "checks.md"
BEGIN, END = "<!-- channels: written by `make generate` -->\n", "<!-- channels end -->\n"
HEAD = "| member of `delta` or `message` | channel | sent by |\n|---|---|---|\n"

PATHS = {
    "content": "OpenAI",
    "content[]": "a text as a part of its own",
    "content[].text": "Mistral",
    "content[].thinking": "Anthropic's blocks, passed on",
    "content[].thinking[].text": "Mistral's reasoning models",
    "content[].summary[].text": "Databricks",
    "content[].refusal": "OpenAI, a part of type refusal",
    "reasoning_content": "DeepSeek, Qwen, LiteLLM",
    "reasoning": "OpenRouter, Groq",
    "thinking": "Ollama",
    "reasoning_details[].text": "OpenRouter, reasoning.text",
    "reasoning_details[].summary": "OpenRouter, reasoning.summary",
    "reasoning_details[].data": "OpenRouter, reasoning.encrypted",
    "thinking_blocks[].thinking": "LiteLLM",
    "thinking_blocks[].signature": "LiteLLM",
    "refusal": "OpenAI",
    "audio.transcript": "OpenAI",
    "audio.data": "OpenAI",
    "tool_calls[].function.arguments": "OpenAI",
    "tool_calls[].function.name": "OpenAI",
    "tool_calls[].id": "OpenAI",
    "function_call.arguments": "OpenAI, the older form",
    "function_call.name": "OpenAI, the older form",
    "role": "OpenAI",
}


def holding(path: str, text: str) -> JsonObject:
    """Return a delta, or a message, that has a text at a path and nothing else."""
    held: Json = text
    for name in reversed(path.split(".")):
        held = {name.removesuffix("[]"): [held] if name.endswith("[]") else held}
    assert isinstance(held, dict)
    return held


def channel_of(path: str) -> str | None:
    """Return the channel of what stands at a path of a delta, None where it is no token."""
    chunk = {"choices": [{"index": 0, "delta": holding(path, "a")}]}
    tokens = fold(parse([Chunk(0, f"data: {json.dumps(chunk)}\n\n".encode())]), None).tokens
    return tokens[0].channel.value if tokens else None


def render(page: str) -> str:
    """Return the page with its table as it is today."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    rows = "".join(f"| `{path}` | {channel_of(path) or 'none: no token'} | {who} |\n" for path, who in PATHS.items())
    return f"{before}{BEGIN}{HEAD}{rows}{END}{after}"


if __name__ == "__main__":
    rendered = render(PAGE.read_text("utf-8"))
    if "--print" in sys.argv[1:]:
        sys.stdout.write(rendered)
    else:
        PAGE.write_text(rendered, "utf-8")

"""Completions in the shapes of many vendors, each with every member the API page requires, all of them legal.

Written for these tests: the members are those the vendors are known for, the values are ours.
"""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]


def body(message: Any = None, finish: str = "stop", choice: Body | None = None, **members: Any) -> Body:
    """Return a completion of one choice, with more members in the choice and at the top."""
    said = {"role": "assistant", "content": "pong"} if message is None else message
    return {
        "id": "chatcmpl-0a1b",
        "object": "chat.completion",
        "created": 1_735_700_000,
        "model": "small-model-1",
        "choices": [{"index": 0, "message": said, "finish_reason": finish, **(choice or {})}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
        "system_fingerprint": "fp_77aa",
        **members,
    }


def usage(**details: Any) -> Body:
    """Return counts with more members beside them."""
    return {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11, **details}


SAFE = {"filtered": False, "severity": "safe"}
TOKEN = {"token": "pong", "logprob": -0.25, "bytes": [112, 111, 110, 103]}
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Ulm"}'}}

BODIES: dict[str, Body] = {
    "plain": body(),
    "openai": body(
        {"role": "assistant", "content": "pong", "refusal": None, "annotations": []},
        choice={"logprobs": {"content": [{**TOKEN, "top_logprobs": [TOKEN]}], "refusal": None}},
        service_tier="default",
        usage=usage(
            prompt_tokens_details={"cached_tokens": 0, "audio_tokens": 0},
            completion_tokens_details={"reasoning_tokens": 0, "accepted_prediction_tokens": 0},
        ),
    ),
    "azure": body(
        choice={
            "content_filter_results": {"hate": SAFE, "violence": SAFE, "protected_material_text": {"detected": False}}
        },
        prompt_filter_results=[{"prompt_index": 0, "content_filter_results": {"self_harm": SAFE, "sexual": SAFE}}],
    ),
    "tool calls": body(
        {"role": "assistant", "content": None, "tool_calls": [CALL, {**CALL, "id": "call_2"}]}, "tool_calls"
    ),
    "old function call": body(
        {"role": "assistant", "content": None, "function_call": CALL["function"]}, finish="function_call"
    ),
    "refusal": body({"role": "assistant", "content": None, "refusal": "I would rather not."}, finish="content_filter"),
    "groq": body(
        x_groq={"id": "req_9", "seed": 7},
        usage=usage(queue_time=0.0125, prompt_time=1e-3, completion_time=0.002, total_time=0.003),
        usage_breakdown=None,
    ),
    "openrouter": body(
        {
            "role": "assistant",
            "content": "pong",
            "reasoning": "They want one word.",
            "reasoning_details": [{"index": 0}],
        },
        choice={"native_finish_reason": "end_turn", "logprobs": None},
        provider="Someone",
        usage=usage(cost=0.000012, is_byok=False, cost_details={"upstream_inference_cost": None}),
    ),
    "deepseek": body(
        {"role": "assistant", "content": "pong", "reasoning_content": "A short word."},
        usage=usage(prompt_cache_hit_tokens=0, prompt_cache_miss_tokens=9),
    ),
    "mistral": body({"role": "assistant", "content": [{"type": "thinking"}, {"type": "text", "text": "pong"}]}),
    "perplexity": body(
        citations=["https://example.org/a"],
        search_results=[{"title": "A", "url": "https://example.org/a", "date": None}],
        choice={"delta": {"role": "assistant", "content": ""}},
    ),
    "gemini": body({"role": "assistant", "content": "pong", "extra_content": {"google": {"thought": False}}}),
    "ollama": body(model="small:1b", id="chatcmpl-77", system_fingerprint="fp_ollama"),
    "vllm": body(choice={"stop_reason": None, "token_ids": None}, prompt_logprobs=None, kv_transfer_params=None),
    "llama.cpp": body(timings={"prompt_n": 9, "predicted_per_second": 61.5}, __verbose={"truncated": False}),
    "baidu": body(need_clear_history=False, is_truncated=False, result="pong", ban_round=-1),
    "relay": body(request_id="2025021221102912345", billing={"group": "default", "quota": 500_000}, 备注="测试"),
}

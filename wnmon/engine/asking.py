"""How a request of a plan is asked of a model: what is changed in it, and whether it is sent at all.

    a request                                  is                                   the parameters of the model
    -----------------------------------------  -----------------------------------  ----------------------------------
    is risky, of a feature, over another HTTP  left out                             -
    asks what becomes of a key, where there    left out of a suite: a check of      -
        is none                                one's own may want just that
    asks for no stream, of one that only       left out                             -
        streams
    is about a member that is dropped          left out                             -
    has a raw body they would have to change   left out                             -
    must be refused                            sent                                 change what valid ones say alike
    any other                                  sent                                 change all it is not about

So no rule is judged on a request that lost what the rule is about, or that is refused for anything else.
"""

from __future__ import annotations

from wnmon.judge.preflight import valid_requests
from wnmon.model.check import Auth, Plan, Step
from wnmon.model.parameters import AS_WRITTEN, Parameters
from wnmon.model.said import Said, Why
from wnmon.model.target import Probe, SensorKind


def left_out(step: Step, probe: Probe, parameters: Parameters, *, full: bool) -> Said | None:
    """Return why a request is left out on purpose, None when it may be sent."""
    target = probe.target
    if step.risk is not None and not full:
        return Said(Why.NEEDS_FULL)
    if step.feature is not None and step.feature not in target.features:
        return Said(Why.NOT_CLAIMED)
    if step.auth is not Auth.NORMAL and probe.check.plan.suite is not None and target.is_keyless:
        return Said(Why.NO_KEY)
    if step.auth is Auth.LOWERCASE and target.auth_header is not None:
        return Said(Why.NO_SCHEME)
    if step.http2 and target.transport is not SensorKind.HTTPX:
        return Said(Why.NO_HTTP2)
    if (step.plain_http or step.http2) and not target.url.startswith("https:"):
        return Said(Why.NOT_HTTPS)
    if step.http2 and not target.http2:
        return Said(Why.LACKS_HTTP2)
    if parameters.stream_only and step.method == "POST" and not step.stream:
        return Said(Why.ONLY_STREAMS)
    return _not_taken(step, probe.check.plan, parameters)


def may_use_http2(step: Step, probe: Probe) -> bool:
    """Tell whether HTTP/2 is offered for a request.

    A suite asks in HTTP/1.1 but where it asks about HTTP/2, so that its verdicts are those of any transport. A check of
    one's own asks as the target lets it.
    """
    return probe.target.http2 and (step.http2 or probe.check.plan.suite is None)


def fitted(step: Step, plan: Plan, parameters: Parameters) -> Parameters:
    """Return what of the parameters may be done to a request, so that it stays what its rules are about."""
    if parameters == AS_WRITTEN:
        return parameters
    if step.name in valid_requests(plan):
        return parameters.sparing(step.about)
    valid = [other.body for other in plan.steps if other.name in valid_requests(plan)]
    odd = {name for name, value in step.body.items() if not any(body.get(name) == value for body in valid)}
    return parameters.sparing(step.about | odd, renamed=False)


def _not_taken(step: Step, plan: Plan, parameters: Parameters) -> Said | None:
    """Return which member keeps a valid request from this model, though it is what the request is about."""
    touched = parameters.drop | parameters.rename.keys() | parameters.add.keys()
    if not touched or step.name not in valid_requests(plan):
        return None
    if step.raw_body is None:
        name = next((name for name in step.body if name in step.about & parameters.drop), None)
        return None if name is None else Said(Why.NOT_TAKEN, code=name)
    name = next((name for name in step.body if name in parameters.drop | parameters.rename.keys()), None)
    if name is not None:
        return Said(Why.NOT_TAKEN, code=name)
    lacking = next((name for name in parameters.add if name not in step.body), None)
    return None if lacking is None else Said(Why.NOT_GIVEN, code=lacking)

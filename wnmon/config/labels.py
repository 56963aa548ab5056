"""User labels of the info metrics: names Prometheus accepts and that clash with nothing."""

from __future__ import annotations

import re

from wnmon.config.node import Cursor
from wnmon.model.credentials import is_issued
from wnmon.model.said import Said

RESERVED = frozenset(
    # set by Prometheus and its operator, or by the format itself (Prometheus data model)
    {"job", "instance", "le", "quantile", "namespace", "pod", "service", "endpoint", "container", "region"}
    # wnmon's own on the same metrics
    | {"target", "check", "model", "host", "stream", "suite"}
)
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,63}", re.ASCII)


def read_labels(place: Cursor) -> dict[str, str]:
    """Return what stands under `labels`, {} where that is absent. Reports names that cannot be used."""
    labels: dict[str, str] = {}
    for name, value in place.members("labels"):
        if not _NAME.fullmatch(name):
            value.report(Said("label_name"), key=True)
        elif name.startswith("__") or name in RESERVED:
            value.report(Said("label_reserved"), Said("label_instead", name=f'"my_{name.strip("_")}"'), key=True)
        elif is_issued(value.text):
            value.report(Said("name_is_key"), Said("leave_it_out"))
        else:
            labels[name] = value.text
    return labels

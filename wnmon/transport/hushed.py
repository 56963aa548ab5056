"""Keeps httpx from logging: httpcore would log headers, with the key, once somebody sets the root logger to DEBUG."""

from __future__ import annotations

import logging

for _name in ("httpcore", "httpx"):
    logging.getLogger(_name).setLevel(logging.WARNING)

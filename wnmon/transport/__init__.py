"""The sensor: the only owner of sockets towards a relay. Bytes are stamped when they arrive and parsed by others."""

from __future__ import annotations

from wnmon.transport.sensor import Sensor

__all__ = ["Sensor"]

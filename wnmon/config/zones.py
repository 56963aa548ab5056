"""Time zones by the places they are kept in. That a machine knows a name says nothing of what the name means.

a name                          taken
------------------------------  ----------------------------------------------------------------
Asia/Shanghai, US/Eastern       yes: a place, whose clocks all agree on
PRC, Japan                      yes: so is a country with one clock
UTC, GMT                        yes
localtime, posixrules, Factory  no: each machine has its own
right/Asia/Shanghai             no: it counts leap seconds, as no other clock does
Etc/GMT+8                       no: its sign is that of POSIX, so that it is UTC-8
EST, CET, PST8PDT               no: some have a summer time and some none, whatever the place has
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, tzinfo
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

from wnmon.config.environment import Complaint
from wnmon.config.node import Cursor, quote
from wnmon.model.said import Said

# Those of the IANA data base, with the names it keeps from before (its file `backward`).
_REGIONS = frozenset(
    {
        *("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Brazil", "Canada", "Chile"),
        *("Europe", "Indian", "Mexico", "Pacific", "US"),
    }
)
_COUNTRIES = frozenset(
    {
        *("Cuba", "Egypt", "Eire", "GB", "GB-Eire", "Hongkong", "Iceland", "Iran", "Israel", "Jamaica", "Japan"),
        *("Kwajalein", "Libya", "NZ", "NZ-CHAT", "Navajo", "PRC", "Poland", "Portugal", "ROC", "ROK", "Singapore"),
        *("Turkey", "W-SU"),
    }
)
_UTC = frozenset({"UTC", "Etc/UTC", "GMT", "Etc/GMT"})
_TURNED = re.compile(r"Etc/GMT([+-])([1-9][0-9]?)", re.ASCII)
_NEAR = 0.75
"""How alike two cities are written that may be one: a slip of two letters, not Munich and Zurich."""


def zone_of(name: str) -> tzinfo | Complaint:
    """Return the zone of a name, else what is wrong with it and what to write."""
    if name in _UTC:
        return UTC
    try:
        zone = ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # also for a folder of it, or a path out of it
        return _unknown(name, available_timezones())
    if name.partition("/")[0] in _REGIONS or name in _COUNTRIES:
        return zone
    turned = _TURNED.fullmatch(name)
    if turned is not None:
        offset = f"UTC{'-' if turned[1] == '+' else '+'}{turned[2]}"
        return Said("zone_turned", name=quote(name), text=offset), Said("write_zone")
    return Said("zone_no_place", name=quote(name)), Said("write_zone")


def read_zone(place: Cursor | None) -> tzinfo | None:
    """Return the zone at a place; None where none is named, and, with a problem, for one that cannot be used."""
    if place is None:
        return None
    zone = zone_of(place.text)
    if isinstance(zone, tzinfo):
        return zone
    place.report(*zone)
    return None


def _unknown(name: str, known: Collection[str]) -> Complaint:
    if not known:
        return Said("no_zones"), Said("install_zones")
    unknown = Said("unknown_zone", name=quote(name))
    region = next((region for region in _REGIONS if region.lower() == name.strip("/").lower()), None)
    if region is not None:
        return unknown, Said("name_a_city", text=f"{region}/CITY")
    near = _nearest(name, [one for one in known if one.partition("/")[0] in _REGIONS])
    return unknown, Said("write_zone") if near is None else Said("did_you_mean", text=near)


def _nearest(name: str, places: Collection[str]) -> str | None:
    """Return the place whose city is written nearly so, None where none is.

    Only cities are near one another by name: CST is not UCT, and Asia/Beijing not Asia/Brunei.
    """
    cities = {one.rpartition("/")[2].lower(): one for one in sorted(places)}
    city = name[:64].rpartition("/")[2].replace(" ", "_").lower()
    return next((cities[near] for near in get_close_matches(city, cities, n=1, cutoff=_NEAR)), None)

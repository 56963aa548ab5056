"""What holds for every test: no result depends on how busy the machine is."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Hypothesis would fail a test for the time that drawing or running an example took.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

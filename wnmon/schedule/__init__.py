"""When probes run."""

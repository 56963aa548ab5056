"""Live consumers of runs and events: the metrics catalogue, and Prometheus."""

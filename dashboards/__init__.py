"""The boards of Grafana, put together in Python; the rules of Prometheus and what provisions both lie beside it."""

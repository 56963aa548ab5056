"""Where concrete classes meet: `check` for one-off runs, `serve` for the service. Only wiring."""

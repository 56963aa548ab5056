"""The asynchronous heart; knows only the protocols of `ports`."""

"""wnmon tests and monitors chat-completions relays; `docs/architecture.md` is the map."""

__version__ = "0.1.0"

"""Secrets out: what leaves here holds none, in one place or joined from pieces. Pure."""

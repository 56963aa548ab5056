"""One-off rendering of finished runs as text. Pure: no file, no clock, no terminal is touched here."""

"""What the relay said. Sans-IO: bytes and marks in, values out. Nothing here raises on a relay's input."""

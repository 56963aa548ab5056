"""Whether what the relay said is right. Pure."""

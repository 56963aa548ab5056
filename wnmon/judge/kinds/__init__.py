"""One file per assertion kind, named as its YAML key; they do not know each other."""

"""The reference relay: a correct implementation of the API page, and one fault at a time by name."""

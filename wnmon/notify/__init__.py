"""Telling people: what is told when, in which words, by which service, until it is delivered."""

"""Compares gatepass with the libraries that a user would choose instead: `python scripts/bench`."""

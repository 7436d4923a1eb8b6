"""The error of everything that reads a spec."""


class SpecError(ValueError):
    """A spec that cannot be used; the message names the file and the place in it."""

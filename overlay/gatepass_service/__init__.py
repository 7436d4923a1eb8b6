"""A token service for every language: standard OAuth2 in front, each provider's dialect behind.

It serves what the variables of its process configure, on loopback or a Unix socket only.
"""

from ._command import serve

__all__ = ["serve"]

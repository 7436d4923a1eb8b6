"""Typed clients of the token requests. Do not edit."""

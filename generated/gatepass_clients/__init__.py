"""Typed clients of the token calls, compiled from specs/. Do not edit."""

"""One adapter a provider: how its credentials and replies look as Python."""

"""Programs for users to copy: unmodified OAuth2 clients in front of the token service."""

"""What a credential does for API requests: the same with every HTTP client."""

"""From specs to typed clients and credentials, for `make generate` and for `gatepass generate` and `lint`."""

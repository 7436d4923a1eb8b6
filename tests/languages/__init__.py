"""Programs for users to copy, one per language and provider: `make languages` compiles and runs them."""

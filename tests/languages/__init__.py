"""One program per language and provider, to be copied: `make languages` compiles and runs them all."""

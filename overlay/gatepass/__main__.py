"""`python -m gatepass` is the command `gatepass`."""

from .cli import main

raise SystemExit(main())

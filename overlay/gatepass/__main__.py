"""`python -m gatepass` is the command `gatepass`."""

from gatepass_cli import main

raise SystemExit(main())

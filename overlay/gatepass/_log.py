"""The log of gatepass: one INFO line for each new token, WARNING where something goes on without."""

import logging

log = logging.getLogger("gatepass")

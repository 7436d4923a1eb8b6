"""The hosts that the specs list, and whose they are. Do not edit."""

from typing import Final

HOSTS: Final[dict[str, frozenset[tuple[str, str]]]] = {
    "api.decentro.tech": frozenset({("decentro", "production")}),
    "api.sahamati.org.in": frozenset({("sahamati", "production")}),
    "api.sandbox.sahamati.org.in": frozenset({("sahamati", "sandbox")}),
    "api.uat.sahamati.org.in": frozenset({("sahamati", "uat")}),
    "connect-sandbox.su-api.com": frozenset({("su", "sandbox")}),
    "connect.su-api.com": frozenset({("su", "production")}),
    "in.decentro.tech": frozenset({("decentro", "production")}),
    "in.staging.decentro.tech": frozenset({("decentro", "sandbox")}),
    "obsandbox.onesingleview.com": frozenset({("singleview", "sandbox")}),
    "prod.setu.co": frozenset({("setu", "production")}),
    "staging.api.decentro.tech": frozenset({("decentro", "sandbox")}),
    "uat.setu.co": frozenset({("setu", "sandbox")}),
}
"""Host to the provider and environment it serves."""

# Needs `pip install gatepass`. Reads SAHAMATILEGACY_SANDBOX_ENTITY_ID and _SECRET.
import time

import httpx

from gatepass import Rejected, SahamatiLegacy

sahamatilegacy = SahamatiLegacy("sandbox")
try:
    lifetime = sahamatilegacy.token().expires_at - time.time()
except Rejected as error:
    raise SystemExit(str(error)) from None

# The emulator's echo API stands for the API that you want to use. The client refreshes the token when needed.
with httpx.Client(auth=sahamatilegacy, base_url=sahamatilegacy.base_url) as api:
    response = api.get("/echo")
print(f"sahamatilegacy: a token for {lifetime:.0f} s, the API responded with {response.status_code}")

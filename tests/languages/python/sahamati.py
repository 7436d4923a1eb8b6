# Needs `pip install gatepass`. Reads SAHAMATI_SANDBOX_ENTITY_ID and SAHAMATI_SANDBOX_SECRET.
import time

import httpx

from gatepass import Rejected, Sahamati

sahamati = Sahamati("sandbox")
try:
    lifetime = sahamati.token().expires_at - time.time()
except Rejected as error:
    raise SystemExit(str(error)) from None

# The emulator's echo API stands for the API that you want to use. The client refreshes the token when needed.
with httpx.Client(auth=sahamati, base_url=sahamati.base_url) as api:
    response = api.get("/echo")
print(f"sahamati: a token for {lifetime:.0f} s, the API responded with {response.status_code}")

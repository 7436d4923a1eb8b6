# Needs `pip install gatepass`. Reads SAHAMATI_SANDBOX_ENTITY_ID and SAHAMATI_SANDBOX_SECRET.
import time

import httpx

from gatepass import Rejected, Sahamati

sahamati = Sahamati("sandbox")
try:
    life = sahamati.token().expires_at - time.time()
except Rejected as error:
    raise SystemExit(str(error)) from None

# The emulator's echo API stands for the API that you want. The client renews the token when it must.
with httpx.Client(auth=sahamati, base_url=sahamati.base_url) as api:
    reply = api.get("/echo")
print(f"sahamati: a token for {life:.0f} s, the API answered {reply.status_code}")

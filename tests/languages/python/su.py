# Needs `pip install gatepass`. Reads SU_SANDBOX_CLIENT_ID (the domain) and SU_SANDBOX_CLIENT_SECRET.
import time

import httpx

from gatepass import Rejected, Su

su = Su("sandbox")
try:
    life = su.token().expires_at - time.time()
except Rejected as error:
    raise SystemExit(str(error)) from None

# The emulator's echo API stands for the API that you want. The client renews the token when it must.
with httpx.Client(auth=su, base_url=su.base_url) as api:
    reply = api.get("/echo")
print(f"su: a token for {life:.0f} s, the API answered {reply.status_code}")

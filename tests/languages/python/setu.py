# Needs `pip install gatepass`. Reads SETU_SANDBOX_CLIENT_ID and SETU_SANDBOX_SECRET.
import time

import httpx

from gatepass import Rejected, Setu

setu = Setu("sandbox")
try:
    life = setu.token().expires_at - time.time()
except Rejected as error:
    raise SystemExit(str(error)) from None

# The emulator's echo API stands for the API that you want. The client renews the token when it must.
with httpx.Client(auth=setu, base_url=setu.base_url) as api:
    reply = api.get("/echo")
print(f"setu: a token for {life:.0f} s, the API answered {reply.status_code}")

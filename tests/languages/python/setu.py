# Needs `pip install gatepass`. Reads SETU_SANDBOX_CLIENT_ID and SETU_SANDBOX_SECRET.
import time

import httpx

from gatepass import Rejected, Setu

setu = Setu("sandbox")
try:
    lifetime = setu.token().expires_at - time.time()
except Rejected as error:
    raise SystemExit(str(error)) from None

# The emulator's echo API stands for the API that you want to use. The client refreshes the token when needed.
with httpx.Client(auth=setu, base_url=setu.base_url) as api:
    response = api.get("/echo")
print(f"setu: a token for {lifetime:.0f} s, the API responded with {response.status_code}")

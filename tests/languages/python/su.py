# Needs `pip install gatepass`. Reads SU_SANDBOX_CLIENT_ID (the domain) and SU_SANDBOX_CLIENT_SECRET.
import time

import httpx

from gatepass import Rejected, Su

su = Su("sandbox")
try:
    lifetime = su.token().expires_at - time.time()
except Rejected as error:
    raise SystemExit(str(error)) from None

# The emulator's echo API stands for the API that you want to use. The client refreshes the token when needed.
with httpx.Client(auth=su, base_url=su.base_url) as api:
    response = api.get("/echo")
print(f"su: a token for {lifetime:.0f} s, the API responded with {response.status_code}")

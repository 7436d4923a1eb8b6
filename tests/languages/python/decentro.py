# Needs `pip install gatepass`. Reads DECENTRO_SANDBOX_CLIENT_ID and DECENTRO_SANDBOX_CLIENT_SECRET.
import time

import httpx

from gatepass import Decentro, Rejected

decentro = Decentro("sandbox")
try:
    lifetime = decentro.token().expires_at - time.time()
except Rejected as error:
    raise SystemExit(str(error)) from None

# The emulator's echo API stands for the API that you want to use. The client refreshes the token when needed.
with httpx.Client(auth=decentro, base_url=decentro.base_url) as api:
    response = api.get("/echo")
print(f"decentro: a token for {lifetime:.0f} s, the API responded with {response.status_code}")

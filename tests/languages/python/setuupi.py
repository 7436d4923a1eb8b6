# Needs `pip install gatepass`. Reads SETUUPI_SANDBOX_CLIENT_ID and _SECRET.
import time

import httpx

from gatepass import Rejected, SetuUPI

setuupi = SetuUPI("sandbox")
try:
    lifetime = setuupi.token().expires_at - time.time()
except Rejected as error:
    raise SystemExit(str(error)) from None

# The emulator's echo API stands for the API that you want to use. The client refreshes the token when needed.
with httpx.Client(auth=setuupi, base_url=setuupi.base_url) as api:
    response = api.get("/echo")
print(f"setuupi: a token for {lifetime:.0f} s, the API responded with {response.status_code}")

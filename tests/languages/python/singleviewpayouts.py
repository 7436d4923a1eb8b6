# Needs `pip install gatepass`. Reads SINGLEVIEWPAYOUTS_SANDBOX_CLIENT_ID, _CLIENT_CODE and _COMPANY_ID.
import time

import httpx

from gatepass import Rejected, SingleViewPayouts

singleviewpayouts = SingleViewPayouts("sandbox")
try:
    lifetime = singleviewpayouts.token().expires_at - time.time()
except Rejected as error:
    raise SystemExit(str(error)) from None

# The emulator's echo API stands for the API that you want to use. The client refreshes the token when needed.
with httpx.Client(auth=singleviewpayouts, base_url=singleviewpayouts.base_url) as api:
    response = api.get("/echo")
print(f"singleviewpayouts: a token for {lifetime:.0f} s, the API responded with {response.status_code}")

# Needs `pip install gatepass`. Reads SETUBILLPAY_SANDBOX_CLIENT_ID, _SECRET and _PARTNER_ID.
import time

import httpx

from gatepass import Rejected, SetuBillPay

setubillpay = SetuBillPay("sandbox")
try:
    lifetime = setubillpay.token().expires_at - time.time()
except Rejected as error:
    raise SystemExit(str(error)) from None

# The emulator's echo API stands for the API that you want to use. The client refreshes the token when needed.
with httpx.Client(auth=setubillpay, base_url=setubillpay.base_url) as api:
    response = api.get("/echo")
print(f"setubillpay: a token for {lifetime:.0f} s, the API responded with {response.status_code}")

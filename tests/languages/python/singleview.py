# Needs `pip install gatepass`. Reads SINGLEVIEW_SANDBOX_CLIENT_ID, _CLIENT_CODE and _MERCHANT_ID.
import time

import httpx

from gatepass import Rejected, SingleView

singleview = SingleView("sandbox")
try:
    life = singleview.token().expires_at - time.time()
except Rejected as error:
    raise SystemExit(str(error)) from None

# The emulator's echo API stands for the API that you want. The client renews the token when it must.
with httpx.Client(auth=singleview, base_url=singleview.base_url) as api:
    reply = api.get("/echo")
print(f"singleview: a token for {life:.0f} s, the API answered {reply.status_code}")

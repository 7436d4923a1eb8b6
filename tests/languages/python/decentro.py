# Needs `pip install gatepass`. Reads DECENTRO_SANDBOX_CLIENT_ID and DECENTRO_SANDBOX_CLIENT_SECRET.
import time

import httpx

from gatepass import Decentro, Rejected

decentro = Decentro("sandbox")
try:
    life = decentro.token().expires_at - time.time()
except Rejected as error:
    raise SystemExit(str(error)) from None

# The emulator's echo API stands for the API that you want. The client renews the token when it must.
with httpx.Client(auth=decentro, base_url=decentro.base_url) as api:
    reply = api.get("/echo")
print(f"decentro: a token for {life:.0f} s, the API answered {reply.status_code}")

# Needs httpx-auth
import os
import sys
from pathlib import Path

import httpx
from httpx_auth import OAuth2ClientCredentials

provider, service = sys.argv[1], os.environ["GATEPASS_SERVICE_URL"]
key = Path(os.environ["GATEPASS_SERVICE_KEY_FILE"]).read_text().strip()

token_url = f"{service}/{provider}/sandbox/token"
auth = OAuth2ClientCredentials(token_url, client_id="gatepass", client_secret=key)
response = httpx.get(os.environ["API_URL"], auth=auth)
print(f"{provider}: {response.status_code}")

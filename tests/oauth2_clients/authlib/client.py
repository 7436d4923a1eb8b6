# Needs Authlib and requests
import os
import sys
from pathlib import Path

from authlib.integrations.requests_client import OAuth2Session

provider, service = sys.argv[1], os.environ["GATEPASS_SERVICE_URL"]
key = Path(os.environ["GATEPASS_SERVICE_KEY_FILE"]).read_text().strip()

session = OAuth2Session("gatepass", key, token_endpoint=f"{service}/{provider}/sandbox/token")
token = session.fetch_token()
response = session.get(os.environ["API_URL"])
if response.status_code == 401:  # the next token is another one
    session.revoke_token(f"{service}/{provider}/sandbox/revoke", token["access_token"])
print(f"{provider}: {response.status_code}")

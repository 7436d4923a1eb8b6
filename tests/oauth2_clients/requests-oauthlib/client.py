# Needs requests-oauthlib
import os
import sys
from pathlib import Path

from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

provider, service = sys.argv[1], os.environ["GATEPASS_SERVICE_URL"]
key = Path(os.environ["GATEPASS_SERVICE_KEY_FILE"]).read_text().strip()
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # the service is on this machine

session = OAuth2Session(client=BackendApplicationClient("gatepass"))
session.fetch_token(f"{service}/{provider}/sandbox/token", client_secret=key)
response = session.get(os.environ["API_URL"])
print(f"{provider}: {response.status_code}")

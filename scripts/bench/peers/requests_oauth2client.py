"""requests_oauth2client."""

from requests_oauth2client import OAuth2Client, OAuth2ClientCredentialsAuth

from . import SECRET, Place
from .on_requests import OnRequests


class Contender(OnRequests):
    """Its `OAuth2ClientCredentialsAuth` as `auth=` of requests; `testing=True` allows HTTP."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        client = OAuth2Client(place.server + "/token", auth=(place.client_id, SECRET), testing=True)
        skew = {} if place.skew is None else {"leeway": place.skew}
        self.auth = OAuth2ClientCredentialsAuth(client, **skew)

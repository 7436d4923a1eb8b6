"""Who asks for what: the client of a request, and the issuer that it names."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from gatepass._configured import Account
from gatepass._providers import installed

from ._clients import Clients
from ._errors import OAuthError, invalid_request
from ._issuer import Issuer

Handler = Callable[[Request], Awaitable[Response]]


class Access(NamedTuple):
    """The issuers, and the clients that may use them."""

    issuers: Mapping[Account, Issuer]
    problems: Mapping[Account, str]
    """What is missing or wrong for accounts that have some variables, but no issuer."""
    clients: Clients

    def issuer(self, request: Request, form: Mapping[str, str], *, not_allowed: int = 400) -> Issuer:
        """The issuer that the path names, if the client authenticates and may use it."""
        client = self.clients.authenticate(request, form)
        provider, environment = account = account_of(request)
        if not client.may_use(provider, environment):
            description = f"client {client.id} may not use {provider}/{environment}: add it to allow"
            raise OAuthError("unauthorized_client", description, not_allowed)
        if account in self.issuers:
            return self.issuers[account]
        problem = self.problems.get(account, "set its variables, and start the service again")
        raise invalid_request(f"{provider}/{environment} is not configured: {problem}", 404)


def account_of(request: Request) -> Account:
    """The provider and the environment of a path; an error with status 404 if there are none such."""
    provider, environment = request.path_params["provider"], request.path_params["environment"]
    providers = installed()
    if provider not in providers.commands:
        choices = ", ".join(providers.commands)
        raise invalid_request(f"the path names no provider: there are {choices}", 404)
    environments = providers.servers[providers.modules[providers.commands[provider]]]
    if environment not in environments:
        choices = ", ".join(environments)
        raise invalid_request(f"the path names no environment of {provider}: there are {choices}", 404)
    return provider, environment

"""Sahamati's Token Service: members of the Account Aggregator network, India."""

import contextlib
import threading
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, Unpack

import httpx

from gatepass_clients.facts.sahamati import ENTITY_TOKEN, USER_TOKEN, Environment

from .._call import Repeat
from .._credential import Credential, Options, Reply
from .._errors import ConfigError, Rejected, Unavailable
from .._flight import Steps, run_async, run_sync
from .._fork import reset_when_forked
from .._settings import SecretSource
from .._token import Secret, Token, moment

Action = Literal["read", "reset"]
REFUSED = "the user token is no longer valid, or the entity id is wrong"
WRONG_ENTITY = "the entity id may be wrong: another user token was refused for it as well"
REFUSED_LIMIT = 1000
"""Entity ids that a credential remembers as refused."""


class Sahamati(Credential):
    """Access tokens of an entity (an AA, FIP or FIU): its id and its secret.

    A token's `notice` says when the secret has expired and is in its days of grace.
    """

    facts = ENTITY_TOKEN

    def __init__(
        self,
        environment: Environment,
        *,
        entity_id: str | None = None,
        secret: SecretSource | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(environment, {"entity_id": entity_id, "secret": secret}, **options)

    def _call(self, client: Any, secrets: Mapping[str, Secret], refresh: Secret | None) -> Reply:
        from gatepass_clients.sahamati.api.token import generate_entity_token
        from gatepass_clients.sahamati.models import EntityTokenRequest

        body = EntityTokenRequest(id=self._settings.account["entity_id"], secret=secrets["secret"].value)
        reply: Any = generate_entity_token.sync(client=client, body=body)
        return Reply(reply.access_token, reply.expires_in, reply.message)


class SahamatiUser(Credential):
    """Access tokens of a person who manages entities, and the secrets of those entities."""

    facts = USER_TOKEN

    def __init__(
        self,
        environment: Environment,
        *,
        username: str | None = None,
        password: SecretSource | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(environment, {"username": username, "password": password}, **options)
        self._refused_for: dict[str, Token | None] = {}
        """Entity id to the token that was refused for it; None after a new token was refused as well."""
        reset_when_forked(self)

    def reset_after_fork(self) -> None:
        """The child must not use the connection that its parent keeps for a secret request."""
        self._lock = threading.Lock()
        self._kept: httpx.BaseTransport | None = None
        self._secret_requests = 0
        """How many are under way, or about to be when the login has ended."""

    def forget(self, token: Token | None = None) -> None:
        """Drop the token (or only if it is the one given), and every remembered failure."""
        if token is None:
            self._refused_for.clear()
        super().forget(token)

    def _call(self, client: Any, secrets: Mapping[str, Secret], refresh: Secret | None) -> Reply:
        from gatepass_clients.sahamati.api.token import generate_user_token
        from gatepass_clients.sahamati.models import UserTokenRequest

        body = UserTokenRequest(
            username=self._settings.account["username"], password=secrets["password"].value
        )
        reply: Any = generate_user_token.sync(client=client, body=body)
        return Reply(reply.access_token, reply.expires_in)

    def read_secret(self, entity_id: str, *, days: int | None = None) -> Secret:
        """The secret of an entity as it is now, with `expires_at` and `notice`.

        `days` is how long a secret lives that this call has to make; else the provider decides. More than the
        provider allows is no error: `notice` says what it made of it.
        A wrong entity id is `Rejected`; the provider answers it like an invalid user token, so the first time
        costs one new user token.
        """
        return run_sync(self._secret("read", entity_id, days))

    async def aread_secret(self, entity_id: str, *, days: int | None = None) -> Secret:
        """The same as `read_secret`, without ever blocking the event loop."""
        steps = self._secret("read", entity_id, days)
        return await run_async(steps)

    def reset_secret(self, entity_id: str, *, days: int | None = None) -> Secret:
        """A new secret for an entity; the old one is dead at once.

        It is sent once and never again, whatever happens: after `Unavailable` nobody knows the
        outcome, and `read_secret` tells which secret holds. Tokens already issued live on.
        """
        return run_sync(self._secret("reset", entity_id, days))

    async def areset_secret(self, entity_id: str, *, days: int | None = None) -> Secret:
        """The same as `reset_secret`, without ever blocking the event loop."""
        steps = self._secret("reset", entity_id, days)
        return await run_async(steps)

    def _secret(self, action: Action, entity_id: str, days: int | None) -> Steps[Secret]:
        if not entity_id.strip() or not entity_id.isprintable():
            raise ConfigError("entity_id is empty or has a line break in it")
        if days is not None and days < 1:
            raise ConfigError("days= counts from 1")
        with self._keeping_a_connection():
            return (yield from self._logged_in(action, entity_id, days))

    def _logged_in(self, action: Action, entity_id: str, days: int | None) -> Steps[Secret]:
        token = yield from self._renewal.steps()
        try:
            secret = yield from self._sent(action, entity_id, days, token)
        except Rejected as error:
            if error.status not in self.facts.stale_on:
                raise
            if not self._may_be_the_token(entity_id, token):
                raise error.copied(reason=WRONG_ENTITY) from None
            self.forget(token)
            if action == "reset":
                raise error.copied(reason=REFUSED) from None
            token = yield from self._renewal.steps()
            secret = yield from self._read_again(entity_id, days, token)
        self._refused_for.pop(entity_id, None)
        return secret

    @contextlib.contextmanager
    def _keeping_a_connection(self) -> Iterator[None]:
        """Keep the connection of a login for the secret request after it; none when all have ended."""
        with self._lock:
            self._secret_requests += 1
        try:
            yield
        finally:
            with self._lock:
                self._secret_requests = max(self._secret_requests - 1, 0)  # a child begins at 0
                kept = None if self._secret_requests else self._take_connection()
            if kept is not None:
                kept.close()

    def _take_connection(self) -> httpx.BaseTransport | None:
        kept, self._kept = self._kept, None
        return kept

    def _open_connection(self) -> httpx.BaseTransport:
        with self._lock:
            kept = self._take_connection()
        return kept or self._new_connection()

    def _close_connection(self, connection: httpx.BaseTransport) -> None:
        with self._lock:
            if self._secret_requests and self._kept is None and connection is not self._transport:
                self._kept = connection
                return
        super()._close_connection(connection)

    def _read_again(self, entity_id: str, days: int | None, token: Token) -> Steps[Secret]:
        """Read with a new token: if that is refused as well, the entity id is wrong."""
        try:
            return (yield from self._sent("read", entity_id, days, token))
        except Rejected as error:
            if error.status not in self.facts.stale_on:
                raise
            self._refused_for[entity_id] = None
            raise error.copied(reason=WRONG_ENTITY) from None

    def _may_be_the_token(self, entity_id: str, token: Token) -> bool:
        """Whether a 401 may be about the user token: not if another token got one for the same entity."""
        if len(self._refused_for) >= REFUSED_LIMIT and entity_id not in self._refused_for:
            self._refused_for.clear()
        first = self._refused_for.setdefault(entity_id, token)
        return first is not None and first.value == token.value

    def _sent(self, action: Action, entity_id: str, days: int | None, token: Token) -> Steps[Secret]:
        repeat: Repeat = "never" if action == "reset" else "broken"

        def ask(client: Any) -> Secret:
            from gatepass_clients.sahamati.api.secret import read_entity_secret, reset_entity_secret
            from gatepass_clients.sahamati.models import SecretRequest
            from gatepass_clients.sahamati.types import UNSET

            now = datetime.fromtimestamp(self._clock.wall(), UTC).isoformat(timespec="milliseconds")
            body = SecretRequest(
                timestamp=now.replace("+00:00", "Z"),
                txn_id=str(uuid.uuid4()),
                entity_id=entity_id,
                secret_expiry_days=UNSET if days is None else days,
            )
            call = read_entity_secret if action == "read" else reset_entity_secret
            reply: Any = call.sync(client=client, body=body)
            if not isinstance(reply.secret, str) or not reply.secret:
                raise self._settings.error(Unavailable, "the reply has no secret in it", 200)
            notice = reply.message if isinstance(reply.message, str) else None
            return Secret(reply.secret, moment(reply.expires_on, reply.expiration_date), notice)

        def send(deadline: float) -> Secret:
            # A reset is sent only once, and the server may just have closed a connection used before.
            with self._connection(self._new_connection() if repeat == "never" else None) as connection:
                return self._on_client(connection, ask, deadline, repeat, bearer=token)

        return (yield from self._fly(send))

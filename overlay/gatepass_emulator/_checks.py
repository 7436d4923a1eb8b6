"""Whether a spec fits together, asked once at the start so that no call trips over it."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from ._accounts import Credential, request_schema
from ._operation import Operation
from ._place import MISSING
from ._scheme import Scheme
from ._spec import Provider


def check(provider: Provider, known: Mapping[str, Credential]) -> None:
    """SpecError if a vendor key names what the spec does not have, or a reply has no example."""
    for scheme in provider.schemes.values():
        where = f"#/components/securitySchemes/{scheme.name}/x-token"
        for operation in provider.operations.values():
            if scheme in provider.issuing(operation):
                _check_replies(provider, scheme, operation, where)
        for name in scheme.credentials:
            _check_fake(provider, scheme, known[name], f"{where}/credentials/{name}")
        for name in scheme.instead:
            if name not in known:
                raise provider.document.error(f"{where}/instead", f"there is no credential {name}")
        if scheme.refresh:
            again = provider.operations.get(scheme.refresh.operation)
            if again is None or request_schema(provider, again, scheme.refresh.token) is None:
                why = "the operation or its place for the token is not there"
                raise provider.document.error(f"{where}/refresh", why)
    for operation in provider.operations.values():
        _check_secret_call(provider, operation, known)


def _check_fake(provider: Provider, scheme: Scheme, credential: Credential, where: str) -> None:
    operation = provider.operations[scheme.operation]
    schema = request_schema(provider, operation, scheme.credentials[credential.name])
    for environment in provider.environments:
        value = credential.value(provider.name, environment)
        if credential.base64:
            value = base64.b64encode(value.encode()).decode()
        if not provider.document.check(schema or {})(value):
            raise provider.document.error(where, f"the fake value {value!r} does not fit its schema")


def _check_replies(provider: Provider, scheme: Scheme, operation: Operation, where: str) -> None:
    granted = operation.granted
    if granted is None:
        raise provider.document.error(operation.where, "no example of a 200")
    if all(place.find(granted.body, granted.headers) is MISSING for place in scheme.value):
        raise provider.document.error(f"{where}/value", f"not in the example of {operation.id}")
    for key, status in (("refused", scheme.refused[:1]), ("limited", scheme.limited[:1])):
        if not set(status) <= operation.replies.keys():
            why = f"{operation.id} has no example for {status[0]}"
            raise provider.document.error(f"{where}/{key}", why)


def _check_secret_call(provider: Provider, operation: Operation, known: Mapping[str, Credential]) -> None:
    call = operation.secret
    if call is None:
        return
    where = f"{operation.where}/x-secret"
    for name in (call.credential, call.id_name):
        if call.scheme not in provider.schemes or name not in known:
            raise provider.document.error(where, f"there is no {call.scheme}.{name}")
    if request_schema(provider, operation, call.id_place) is None:
        raise provider.document.error(f"{where}/id", "leads nowhere in the request")
    if operation.granted is None:
        raise provider.document.error(operation.where, "no example of a 200")

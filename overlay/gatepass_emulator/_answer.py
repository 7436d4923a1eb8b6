"""What a provider answers: the spec's own examples, with what is live in them."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from ._faults import Fault
from ._issuer import Issuer
from ._message import MISSING, Json, Place, Received, find, put, steps
from ._provider import Operation, Places, Reply, Scheme, plain

REFRESH_LIFE = 86_400.0  # No spec says how long a refresh token lives.

DATE = re.compile(r"\d{4}-\d\d-\d\d(?:(.)\d\d:\d\d:\d\d(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?")


def answer(issuer: Issuer, operation: Operation, received: Received, fault: Fault) -> Reply:
    """The reply to a call, changed as the fault says."""
    if fault.status is not None or fault.body is not None:
        reply = operation.reply(str(fault.status or 200), example=fault.example)
    elif operation.kind == "echo":
        reply = _echo(issuer, received)
    elif operation.kind == "token":
        reply = _token(issuer, operation, received, fault)
    else:
        reply = _guarded(issuer, operation, received)
    for scheme in operation.issues[:1] if reply.status < 300 else ():
        for places, value in ((scheme.success, fault.success), (scheme.lifetime, fault.lifetime)):
            if places and value is not None:
                there = [place for place in places if find(reply.message, place) is not MISSING]
                put(reply.message, (there or places)[0], value)
    for pointer, value in fault.patch.items():
        put(reply.message, ("body", *steps(pointer)), value)
    if fault.body is not None:
        reply.message["body"] = fault.body if isinstance(fault.body, bytes) else fault.body.encode()
        reply.message["header"]["content-type"] = fault.content_type
    reply.message["header"] |= {name.lower(): text for name, text in fault.headers.items()}
    return reply


def _token(issuer: Issuer, operation: Operation, received: Received, fault: Fault) -> Reply:
    """Grant a token, or refuse it."""
    scheme, renews = _asked(operation, received.message)
    refused = (scheme or operation.issues[0]).refused
    if not operation.allows(received):
        return operation.reply("400", *refused, example="malformed")
    if scheme is None or not _admits(issuer, scheme, renews, received):
        return operation.reply(*refused)
    if not issuer.spend(scheme, received.at):
        return operation.reply(*scheme.limited, "429")
    reply = operation.reply(operation.good, example=fault.example)
    life = scheme.default_lifetime if issuer.lifetime is None else issuer.lifetime
    reply.token = issuer.issue(scheme, life, received.at, given=fault.token)
    _fill(reply, scheme.value, reply.token)
    _fill(reply, scheme.lifetime, life)
    if scheme.refresh:
        refresh = issuer.issue(scheme, REFRESH_LIFE, received.at, refresh=True)
        _fill(reply, scheme.refresh["from"], refresh)
    return reply


def _asked(operation: Operation, message: Json) -> tuple[Scheme | None, bool]:
    """The kind of token that a call asks for, and whether by a refresh token."""
    for scheme in operation.issues:
        again = scheme.refresh
        # A twin of the call renews as well as it issues.
        if again and find(message, again["token"]) is not MISSING and _says(again["constants"], message):
            return scheme, True
        if operation.id in (scheme.operation, *scheme.also) and _says(scheme.constants, message):
            return scheme, False
    return None, False


def _says(constants: Mapping[Place, str], message: Json) -> bool:
    """Whether a call says these words; providers do not agree on upper and lower case."""
    return all(str(find(message, place)).lower() == text.lower() for place, text in constants.items())


def _admits(issuer: Issuer, scheme: Scheme, renews: bool, received: Received) -> bool:
    """Whether the credentials are right; along with a refresh token they may be left out."""
    message, needed = received.message, scheme.credentials
    if renews:
        grant = issuer.grant(str(find(message, scheme.refresh["token"])), received.at, refresh=True)
        if grant is None or grant.scheme != scheme.name:
            return False
        needed = {name: place for name, place in needed.items() if find(message, place) is not MISSING}
    return issuer.opens(needed, message)


def _guarded(issuer: Issuer, operation: Operation, received: Received) -> Reply:
    """A call that wants a token; the live secret stands in the reply, if it is about one."""
    grant = issuer.grant(received.bearer, received.at)
    if operation.security and (grant is None or grant.scheme not in operation.security):
        reply = operation.reply("401", "403")
        reply.message["header"]["www-authenticate"] = "Bearer"
        return reply
    if not operation.allows(received):
        return operation.reply("400", "422", example="malformed")
    if not operation.secret:
        return operation.reply(operation.good)
    return _secret(issuer, operation, received)


def _secret(issuer: Issuer, operation: Operation, received: Received) -> Reply:
    """Read or rotate the secret of an account."""
    call = operation.secret
    name = call["of"].partition(".")[2]
    if not issuer.opens(call["id"], received.message):
        return operation.reply("401", "404", "400")
    asked, most = find(received.message, call["days"]) if call["days"] else MISSING, call["default_days"]
    given = isinstance(asked, (int, float)) and asked > 0
    life = 86_400.0 * (min(asked, most) if given else most)
    if call["rotates"]:
        issuer.reset(name, received.at, life)
    # To read a secret without a period is nothing to warn of.
    warned = asked > most if given else call["rotates"]
    reply = _with_notice(operation, call["notice"] if warned else ())
    end = issuer.end(name, life)
    _fill(reply, call["value"], issuer.credential(name))
    _fill(reply, call["expires"], end, _expiry_number)
    _fill(reply, call["expires_date"], end, _expiry_date)
    return reply


def _with_notice(operation: Operation, notice: Places) -> Reply:
    """The first good example, or the first that has the notice."""
    for example in operation.replies.get(operation.good, ()) if notice else ():
        reply = operation.reply(operation.good, example=example)
        if any(find(reply.message, place) is not MISSING for place in notice):
            return reply
    return operation.reply(operation.good)


def _echo(issuer: Issuer, received: Received) -> Reply:
    """Say which token came in; headers that the spec allows in place of it are as good."""
    schemes = issuer.provider.schemes
    grant = issuer.grant(received.bearer, received.at)
    name = grant.scheme if grant else None
    for one in schemes.values():
        if one.instead and not received.bearer and issuer.opens(one.instead, received.message):
            name = one.name
    if name is None:
        error = "this token is not good here: unknown, expired, revoked, or of elsewhere"
        status = next(iter(schemes.values())).stale_on[0]
        return plain(status, {"error": error}, **{"www-authenticate": "Bearer"})
    body = {
        "provider": issuer.provider.name,
        "environment": issuer.environment,
        "scheme": name,
        "method": received.method,
        "path": received.path.removeprefix("/echo") or "/",
        "expires_in": round(grant.expires_at - received.at, 3) if grant else None,
    }
    return plain(200, body)


def _like(example: Json, value: Json) -> Json:
    """The value in the JSON type of the example."""
    if not isinstance(value, (int, float)):
        return value
    number = int(value) if value == int(value) else value
    return str(number) if isinstance(example, str) else number


def _expiry_number(example: Json, at: float) -> Json:
    """A point in time in the example's magnitude: seconds, or milliseconds from 12 digits on."""
    return _like(example, int(at * 1000) if len(str(example).partition(".")[0]) >= 12 else int(at))


def _expiry_date(example: Json, at: float) -> str:
    """A point in time as the example writes it: its separator, its digits, its zone or none."""
    moment = datetime.fromtimestamp(at, UTC)
    shape = DATE.fullmatch(str(example))
    if shape is None:
        return moment.isoformat()
    separator, digits, zone = shape[1], len(shape[2] or ""), shape[3] or ""
    text = f"{moment:%Y-%m-%d}" + (f"{separator}{moment:%H:%M:%S}" if separator else "")
    text += f".{moment:%f}".ljust(digits + 1, "0")[: digits + 1] if digits else ""
    return text + (zone if zone in ("", "Z") else "+00:00" if ":" in zone else "+0000")


def _fill(reply: Reply, places: Places, value: Json, shaped: Callable[[Json, Json], Json] = _like) -> None:
    """Put the value at the first of the places that the example has; nowhere if it has none.

    A 0 stays: an example shows with it that the provider does not say.
    """
    for place in places:
        example = find(reply.message, place)
        if example is not MISSING:
            if example not in (0, "0"):
                put(reply.message, place, shaped(example, value))
            return

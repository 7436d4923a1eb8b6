"""Serves a call that wants a token: those that read or rotate a secret, and any other."""

from __future__ import annotations

from dataclasses import replace

from ._answer import Answer, example
from ._calls import Kind
from ._desk import Desk, shown
from ._operation import Operation, SecretCall
from ._reply import expiry_date, expiry_number, fill
from ._request import Received

SECRET_LIFE = 180 * 86_400.0  # The longest life of a secret that any provider documents.


def guarded_call(desk: Desk, operation: Operation, received: Received) -> Answer:
    """Answer with the spec's own example, with the live secret in it if the call is about one."""
    needed = operation.security & desk.provider.schemes.keys()
    kind: Kind = "secret" if operation.secret else "other"
    if needed and desk.grant(received, needed) is None:
        answer = example(operation.reply("401", "403"), kind)
        answer.headers["www-authenticate"] = "Bearer"
    elif not operation.check.allows(received):
        answer = example(operation.reply("400", "422"), kind)
    elif operation.secret:
        answer = _secret_call(desk, operation, operation.secret, received)
    else:
        answer = example(operation.reply(*operation.good), kind)
    return replace(answer, token=shown(received))


def _secret_call(desk: Desk, operation: Operation, call: SecretCall, received: Received) -> Answer:
    here = (desk.provider.name, desk.environment, call.credential)
    if not desk.opens({call.id_name: call.id_place}, received):
        refused = desk.provider.schemes[call.scheme].refused
        return example(operation.reply("400", *refused), "secret")
    if call.rotates:
        desk.state.rotate(*here)
    answer = example(operation.reply(*operation.good), "secret")
    end = desk.state.rotation(*here).at + SECRET_LIFE
    fill(call.value, desk.state.secret(*here), answer.body, answer.headers)
    fill(call.expires, end, answer.body, answer.headers, expiry_number)
    fill(call.expires_date, end, answer.body, answer.headers, expiry_date)
    return answer

"""Facts that the specs state, how certain each is, and that the emulator and the credentials follow them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gatepass import Rejected, SahamatiUser, Setu, SingleView, Su
from tests.helpers import load_spec

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.helpers import FakeClock, MockProvider, Runner

PROVIDERS = ["decentro", "sahamati", "setu", "singleview", "su"]
MARK = re.compile(r"\[(page|docs|code|unknown)\]")
ENTITY, UNKNOWN = "fake-aa-1", "fake-aa-unknown"
DAY = 86_400
SINGLEVIEW = "/v1/api/observice/token"
DECENTRO = "/v2/auth/token"
SU = "/SUAPI/jservice/auth/generate-access-token"
PATHS = {
    "user": "/user/token/generate",
    "entity": "/entity/token/generate",
    "read": "/entity/secret/read",
    "reset": "/entity/secret/reset",
}


def response(provider: str, path: str, status: str, method: str = "post") -> Any:
    response = load_spec(provider)["paths"][path][method]["responses"][status]
    if "$ref" in response:
        return load_spec(provider)["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    return response


def examples(provider: str, path: str, status: str, method: str = "post") -> dict[str, Any]:
    """The bodies of the examples by name; a single example has none."""
    content = response(provider, path, status, method)["content"]["application/json"]
    named = {name: example["value"] for name, example in content.get("examples", {}).items()}
    return named or {"": content["example"]}


def example(provider: str, path: str, status: str, method: str = "post") -> Any:
    (only,) = examples(provider, path, status, method).values()
    return only


def descriptions(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every description below a node, and where it stands."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "description" and isinstance(value, str):
                yield path, " ".join(value.split())
            else:
                yield from descriptions(value, (*path, str(key)))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from descriptions(value, (*path, str(number)))


def description(provider: str, *path: str) -> str:
    return dict(descriptions(load_spec(provider)))[path]


def prose(provider: str) -> str:
    return " ".join(text for _, text in descriptions(load_spec(provider)))


# Sahamati


@pytest.mark.parametrize("operation", ["read", "reset"])
def test_the_expiration_date_of_sahamati_has_three_fractional_digits(operation: str) -> None:
    for body in examples("sahamati", PATHS[operation], "200").values():
        assert body["expirationDate"] == "2024-12-17T07:10:52.929"


@pytest.mark.parametrize(
    ("operation", "missing", "wrong"),
    [
        ("user", "User Id/Password", "Invalid username/password or password is expired"),
        ("entity", "Entity Id/Secret", "Invalid entity id/secret or secret is expired"),
        ("read", "Entity Id", "Invalid entity id"),
        ("reset", "Entity Id", "Invalid entity id"),
    ],
)
def test_sahamati_documents_the_errors_of_each_request(operation: str, missing: str, wrong: str) -> None:
    bad_request, unauthorized = (example("sahamati", PATHS[operation], status) for status in ("400", "401"))
    assert (bad_request["errorCode"], bad_request["errorMsg"]) == (
        "Bad Request",
        f"{missing} is missing in the request",
    )
    assert (unauthorized["errorCode"], unauthorized["errorMsg"]) == ("Unauthorized", wrong)


def test_an_unknown_entity_id_costs_one_more_login_and_the_error_mentions_it(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    user = SahamatiUser("sandbox", clock=clock.clock)
    for _ in range(5):
        with pytest.raises(Rejected, match="the entity id may be wrong") as caught:
            runner.read_secret(user, UNKNOWN)
        assert (caught.value.status, caught.value.code) == (401, "Unauthorized")
    assert (emulator.count("sahamati"), emulator.count("sahamati", kind="secret")) == (2, 6)
    assert runner.read_secret(user, ENTITY).value
    assert emulator.count("sahamati") == 2


def test_an_unknown_entity_id_costs_no_second_login_with_a_later_token(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    user = SahamatiUser("sandbox", clock=clock.clock)
    for _ in range(3):
        with pytest.raises(Rejected, match="the entity id may be wrong"):
            runner.read_secret(user, UNKNOWN)
        clock.advance(DAY)
    assert emulator.count("sahamati") == 2 + 1 + 1


def test_a_reset_for_an_unknown_entity_id_costs_one_more_login_and_is_never_repeated(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    user = SahamatiUser("sandbox", clock=clock.clock)
    with pytest.raises(Rejected, match="the user token is no longer valid, or the entity id is wrong"):
        runner.reset_secret(user, UNKNOWN)
    for _ in range(3):
        with pytest.raises(Rejected, match="the entity id may be wrong"):
            runner.reset_secret(user, UNKNOWN)
    assert (emulator.count("sahamati"), emulator.count("sahamati", kind="secret")) == (2, 4)


def test_an_entity_id_that_becomes_known_may_have_its_token_replaced_again(
    runner: Runner, mock_provider: MockProvider
) -> None:
    unknown = httpx.Response(401, json={"errorCode": "Unauthorized", "errorMsg": "Invalid entity id"})
    tokens = [{"accessToken": f"fake-user-token-{number}", "expiresIn": DAY} for number in range(3)]
    secret = secret_body()
    responses = [tokens[0], unknown, tokens[1], unknown, secret, unknown, tokens[2], secret]
    user = mock_provider.credential(SahamatiUser, *responses)
    with pytest.raises(Rejected):
        runner.read_secret(user, ENTITY)
    assert [runner.read_secret(user, ENTITY).value for _ in range(2)] == [secret["secret"]] * 2
    assert len(mock_provider.requests) == len(responses)


def test_after_invalidate_an_unknown_entity_id_costs_a_login_again(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    user = SahamatiUser("sandbox", clock=clock.clock)
    for _ in range(2):
        with pytest.raises(Rejected):
            runner.read_secret(user, UNKNOWN)
        user.invalidate()
    assert emulator.count("sahamati") == 4


def secret_body(**changes: object) -> dict[str, object]:
    return {"ver": "1.0.0", "entityId": ENTITY, "secret": "fake-secret-of-the-test"} | changes


def test_more_days_than_the_limit_are_sent_and_the_warning_is_on_the_secret(
    runner: Runner, mock_provider: MockProvider
) -> None:
    days = load_spec("sahamati")["components"]["schemas"]["SecretRequest"]["properties"]["secretExpiryDays"]
    assert "maximum" not in days
    warned = examples("sahamati", PATHS["reset"], "200")["byDefault"]
    user = mock_provider.credential(SahamatiUser, mock_provider.example_response(SahamatiUser), warned)
    secret = runner.reset_secret(user, ENTITY, days=400)
    assert json.loads(mock_provider.requests[-1].content)["secretExpiryDays"] == 400
    assert secret.warning == (
        "The expiry is set to 180 days by default, as the user didn't specify or exceeded the default limit."
    )
    assert secret.value not in repr(secret)


@pytest.mark.parametrize("message", [None, 7, ["fake"]])
def test_a_message_that_is_not_a_string_is_not_a_warning(
    message: object, runner: Runner, mock_provider: MockProvider
) -> None:
    user = mock_provider.credential(
        SahamatiUser, mock_provider.example_response(SahamatiUser), secret_body(message=message)
    )
    assert runner.read_secret(user, ENTITY).warning is None


@pytest.mark.parametrize(("days", "life"), [(30, 30), (180, 180), (400, 180), (None, 180)])
def test_the_requested_days_limit_the_emulated_secret(
    days: int | None, life: int, runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    user = SahamatiUser("sandbox", clock=clock.clock)
    secret = runner.reset_secret(user, ENTITY, days=days)
    assert secret.expires_at == pytest.approx(clock.now + life * DAY, abs=1)
    assert (secret.warning is None) == (days in (30, 180))
    clock.advance(3600)
    assert runner.read_secret(user, ENTITY).expires_at == pytest.approx(secret.expires_at, abs=1)


def test_only_the_entity_token_has_the_grace_period_warning(
    runner: Runner, mock_provider: MockProvider
) -> None:
    schemes = load_spec("sahamati")["components"]["securitySchemes"]
    assert "warning" in schemes["entityToken"]["x-gatepass-token"]
    assert "warning" not in schemes["userToken"]["x-gatepass-token"]
    assert list(examples("sahamati", PATHS["entity"], "200")) == ["granted", "gracePeriod"]
    assert "message" not in example("sahamati", PATHS["user"], "200")
    user = mock_provider.credential(
        SahamatiUser, mock_provider.example_response(SahamatiUser) | {"message": "fake warning"}
    )
    assert runner.token(user).warning is None


def test_the_time_zone_of_a_secret_s_expiry_is_marked_as_assumed() -> None:
    path = ("components", "schemas", "SecretResponse", "properties", "expirationDate")
    assert "no page states one [unknown]: assumed UTC" in description("sahamati", *path)


def test_no_documentation_sample_is_called_a_real_response() -> None:
    assert "documentation sample [docs]" in prose("sahamati")
    assert [provider for provider in PROVIDERS if "real repl" in prose(provider)] == []


# SingleView


def test_a_failure_of_singleview_has_a_status_a_code_and_a_message() -> None:
    for status in ("400", "401", "500"):
        body = example("singleview", SINGLEVIEW, status)
        assert body.keys() == {"status", "errorCode", "message"}
        assert (body["status"], body["errorCode"]) == ("FAILURE", f"APIERR{status}")
    assert "MW-" not in json.dumps(load_spec("singleview")["paths"])


def test_a_failure_of_singleview_on_a_200_is_rejected(runner: Runner, mock_provider: MockProvider) -> None:
    failure = {"status": "FAILURE", "errorCode": "APIERR401", "message": "Unauthorized"}
    assert examples("singleview", SINGLEVIEW, "200")["rejected"] == failure
    singleview = mock_provider.credential(SingleView, failure)
    for _ in range(2):
        with pytest.raises(Rejected) as error:
            runner.token(singleview)
        assert (error.value.status, error.value.code) == (200, "APIERR401")
    assert len(mock_provider.requests) == 1


def test_the_signature_header_of_singleview_is_noted_as_disputed() -> None:
    assert "The sources disagree about a signature" in prose("singleview")
    assert "parameters" not in load_spec("singleview")["paths"][SINGLEVIEW]["post"]


# Decentro


def test_decentro_takes_an_optional_list_of_apis(emulator: Emulator) -> None:
    schemas = load_spec("decentro")["components"]["schemas"]
    assert "apis" not in schemas["TokenRequest"]["required"]
    assert "Optional [code]" in schemas["TokenRequest"]["properties"]["apis"]["description"]
    body = {"grant_type": "client_credentials", **emulator.credentials("decentro", "sandbox")}
    url = emulator.url("decentro", "sandbox") + DECENTRO
    for apis, status in (([{"endpoint": "/v2/kyc/fake"}], 200), ([], 200), ("all", 400), ([{}], 400)):
        assert httpx.request("GET", url, json=body | {"apis": apis}).status_code == status


def test_an_error_of_decentro_is_named_by_its_response_key() -> None:
    token = load_spec("decentro")["components"]["securitySchemes"]["decentroToken"]["x-gatepass-token"]
    assert token["error"]["code"][0] == "$response.body#/response_key"
    for status in ("400", "401"):
        assert example("decentro", DECENTRO, status, "get").keys() >= {"response_key", "response_message"}


def test_decentro_says_that_credentials_are_per_module_and_addresses_on_a_list() -> None:
    assert "Each module that a client has chosen has its own credentials [page]" in prose("decentro")
    assert "IP addresses must be on an allow list [docs]" in prose("decentro")
    assert "error_ip_not_configured" in prose("decentro")


# Setu


@pytest.mark.parametrize(
    ("status", "code", "detail"),
    [
        (401, "unauthorised", "Unauthenticated request"),
        (403, "forbidden", "Unauthorised request"),
        (405, "method-not-allowed", "HTTP method not allowed"),
        (429, None, "Too many requests"),
        (500, "unable-to-fulfil-request", "Unable to fulfil request"),
        (503, "service-unavailable", "Server under maintenance"),
    ],
)
def test_every_status_of_setu_has_its_documented_code_and_words(
    status: int, code: str | None, detail: str, runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    body = example("setu", "/auth/token", str(status))
    assert (body["status"], body["success"]) == (status, False)
    assert (body["error"].get("code"), body["error"]["detail"]) == (code, detail)
    emulator.fault("setu", "sandbox", status=status)
    with pytest.raises(Exception, match=f"HTTP {status}") as caught:
        runner.token(Setu("sandbox", clock=clock.clock))
    assert getattr(caught.value, "code", "") == code


def test_a_malformed_request_to_setu_has_a_code_of_its_own(emulator: Emulator) -> None:
    url = emulator.url("setu", "sandbox") + "/auth/token"
    assert httpx.post(url, json={}).json()["error"]["code"] == "malformed-request"
    wrong = {"clientID": "fake", "secret": "fake"}
    assert httpx.post(url, json=wrong).json()["error"]["code"] == "invalid-api-key"


def test_the_errors_of_setu_are_typed() -> None:
    from gatepass_clients.setu.models import ErrorDetail

    error = {"code": "fake", "title": "fake", "detail": "fake", "docURL": ""}
    errors = ErrorDetail.from_dict({"errors": [error]}).errors or []
    (typed,) = errors
    assert (typed.code, typed.title, typed.detail, typed.doc_url) == ("fake", "fake", "fake", "")


def test_the_older_scheme_of_setu_is_still_supported_and_its_other_products_are_named() -> None:
    assert "still supported, but gets no new features [page]" in prose("setu")
    assert "deprecated" not in prose("setu")
    assert "WhatsApp Collect and the Reports API [docs]" in prose("setu")


# Su


def test_su_gives_both_readings_of_its_quota() -> None:
    assert "30 requests in any 60 minutes, or 30 tokens that are valid at the same time" in prose("su")
    assert "`quota` counts requests, the safe reading" in prose("su")


def test_su_says_where_its_401_its_422_and_its_words_come_from() -> None:
    unauthorized, rate_limited = (
        " ".join(response("su", SU, status, "get")["description"].split()) for status in ("401", "422")
    )
    assert "the older Basic authorisation [docs]; for this endpoint it is assumed [unknown]" in unauthorized
    assert "the message is the one that APIs use for an invalid token [page]" in unauthorized
    assert "the mock of a unit test [code]" in rate_limited
    assert "429 is as likely" in rate_limited
    assert "[docs]" not in rate_limited
    assert "gives no status" in description("su", "components", "securitySchemes", "suToken")


@pytest.mark.parametrize("status", [422, 429])
def test_a_spent_quota_of_su_is_recognised_by_either_status(
    status: int, runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    from gatepass import RateLimited

    emulator.fault("su", "sandbox", status=status)
    with pytest.raises(RateLimited):
        runner.token(Su("sandbox", clock=clock.clock))


# How certain each fact is

STATES_A_FACT = {"servers", "responses", "properties", "parameters", "variables", "securitySchemes"}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_server_response_field_header_and_scheme_carries_a_mark(provider: str) -> None:
    facts = [
        (path, text) for path, text in descriptions(load_spec(provider)) if STATES_A_FACT & {*path[-2:-1]}
    ]
    assert len(facts) > 15
    assert ["/".join(path) for path, text in facts if not MARK.search(text)] == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_field_has_a_description(provider: str) -> None:
    for name, schema in load_spec(provider)["components"]["schemas"].items():
        for field, property_ in schema.get("properties", {}).items():
            assert "description" in property_ or "$ref" in property_, f"{name}.{field}"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_is_assumed_is_marked_as_unknown(provider: str) -> None:
    sentences = re.split(r"(?<=[.:]) ", prose(provider))
    assumed = [sentence for sentence in sentences if re.search(r"\b(assumed|guessed|perhaps)\b", sentence)]
    assert [
        sentence for sentence in assumed if "[unknown]" not in sentence and sentence != "assumed UTC."
    ] == []


@pytest.mark.parametrize(
    ("provider", "path", "words"),
    [
        ("decentro", "servers/1", "Production, real money [code]"),
        ("decentro", "components/responses/Token", "`access_token` is [code]"),
        ("decentro", "components/schemas/TokenResponse/properties/expires_in", "[unknown]"),
        ("su", "servers/1", "Production, real bookings [code]"),
        ("su", "components/schemas/ErrorResponse", "The fields are [code]"),
        ("singleview", "components/schemas/TokenResponse/properties/success", "a rejection [code]"),
        ("sahamati", "components/schemas/TokenResponse/properties/accessToken", "a JWT [docs]"),
    ],
)
def test_a_fact_is_marked_no_stronger_than_its_source(provider: str, path: str, words: str) -> None:
    assert words in description(provider, *path.split("/"))


@pytest.mark.parametrize("provider", ["decentro", "su"])
def test_a_production_host_from_client_code_is_not_called_documented(provider: str) -> None:
    assert "[docs]" not in description(provider, "servers", "1")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_version_of_each_spec_is_0_2_0(provider: str) -> None:
    assert load_spec(provider)["info"]["version"] == "0.2.0"

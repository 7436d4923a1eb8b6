"""What a type checker, and so an editor, knows of the public API. It is type-checked, but never run.

Each comment that ignores an error is itself an error where there is nothing to ignore.
"""

from typing import Literal, assert_type

import aiohttp
import httpx
import httpx2
import requests

import gatepass
from gatepass import Decentro, FileStore, Sahamati, SahamatiUser, Secret, Setu, SingleView, Status, Su, Token


def each_class_has_its_own_environments_and_arguments() -> None:
    assert_type(Setu("sandbox"), Setu)
    assert_type(gatepass.Setu("production", client_id="fake", secret=lambda: "fake").token(), Token)
    SahamatiUser("uat", username="fake", password="fake", store=FileStore(), timeout=3)
    Decentro("sandbox", method="POST", authenticate_with="credentials", hosts=["api.example"])
    SingleView("production", base_url="https://view.example", grant_type="Client_Credentials")
    Su("sandbox", client_secret=None, on_event=print, proxy="http://proxy.example", verify="ca.pem")


def a_wrong_argument_is_an_error() -> None:
    Setu()  # type: ignore[call-arg]
    Setu("uat")  # type: ignore[arg-type]
    Setu("sandbox", client_secret="fake")  # type: ignore[call-arg]
    Setu("sandbox", "fake")  # type: ignore[call-arg]
    Setu("sandbox", client_id=lambda: "fake")  # type: ignore[arg-type]
    Setu("sandbox", timeout="3")  # type: ignore[arg-type]
    Setu("sandbox", base_uri="https://api.example")  # type: ignore[call-arg]
    Decentro("sandbox", method="PUT")  # type: ignore[arg-type]
    Sahamati("sandbox").read_secret("fake")  # type: ignore[attr-defined]
    SahamatiUser("sandbox").reset_secret("fake", 30)  # type: ignore[call-arg]


def an_environment_from_a_setting_is_validated_and_narrowed(
    setting: str, kind: type[gatepass.Credential]
) -> None:
    Setu(setting)  # type: ignore[arg-type]
    assert_type(Setu.environment_of(setting), Literal["sandbox", "production"])
    assert_type(Setu(Setu.environment_of(setting)), Setu)
    SahamatiUser(SahamatiUser.environment_of(setting))
    Setu(Sahamati.environment_of(setting))  # type: ignore[arg-type]
    assert_type(kind.environment_of(setting), str)


def a_lazy_credential_takes_the_same_arguments(setting: str) -> None:
    assert_type(Setu.lazy("sandbox", client_id="fake", prefix="SHOP_A"), Setu)
    assert_type(SahamatiUser.lazy(environment="uat").read_secret("fake"), Secret)
    Setu.lazy(Setu.environment_of(setting)).validate()
    Setu.lazy()  # type: ignore[call-arg]
    Setu.lazy("uat")  # type: ignore[arg-type]
    Setu.lazy("sandbox", client_secret="fake")  # type: ignore[call-arg]
    Setu.lazy("sandbox", prefix=1)  # type: ignore[arg-type]


def what_comes_out_has_a_type(credential: Setu, user: SahamatiUser) -> None:
    token = credential.token()
    assert_type(token.value, str)
    assert_type(token.expires_at, float)
    assert_type(token.warning, str | None)
    assert_type(credential.environment, str)
    assert_type(credential.base_url, str)
    assert_type(credential.status(), Status)
    assert_type(user.read_secret("fake", days=30), Secret)
    assert_type(user.reset_secret("fake").expires_at, float | None)
    token.expires_in  # type: ignore[attr-defined] # noqa: B018


async def the_async_twins_have_the_same_types(credential: Setu, user: SahamatiUser) -> None:
    assert_type(await credential.atoken(), Token)
    assert_type(await user.aread_secret("fake"), Secret)
    assert_type(await user.areset_secret("fake", days=30), Secret)
    async with httpx.AsyncClient(auth=credential) as client:
        assert_type(await client.get("https://api.example"), httpx.Response)


def each_http_client_takes_a_credential(credential: Setu, any_credential: gatepass.Credential) -> None:
    httpx.Client(auth=credential).get("https://api.example", auth=any_credential)
    httpx2.Client(auth=credential).get("https://api.example", auth=any_credential)
    requests.get("https://api.example", auth=credential)
    requests.Session().auth = any_credential


async def each_async_http_client_takes_a_credential(credential: Setu) -> None:
    async with httpx2.AsyncClient(auth=credential) as client:
        assert_type(await client.get("https://api.example", auth=credential), httpx2.Response)
    async with aiohttp.ClientSession(middlewares=[credential]) as session:
        response = await session.get("https://api.example", middlewares=(credential,))
        assert_type(response, aiohttp.ClientResponse)


def a_credential_is_no_auth_of_other_kinds(credential: Setu) -> None:
    requests.get("https://api.example", params=credential)  # type: ignore[arg-type]
    aiohttp.ClientSession(auth=credential)  # type: ignore[arg-type]
    credential()  # type: ignore[call-overload]


def an_error_says_what_support_will_ask_for(error: gatepass.TokenError) -> None:
    assert_type(error.status, int | None)
    assert_type(error.retry_at, float | None)
    assert_type(error.provider, str)


def a_class_can_be_passed_on(kind: type[gatepass.Credential]) -> Literal[True]:
    assert_type(kind.spec.provider, str)
    return True

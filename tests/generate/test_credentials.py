"""The generated credential classes, and what the generator refuses to make one of."""

import inspect
from pathlib import Path
from typing import Any

import pytest
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData

import gatepass_providers
from gatepass._options import DEFAULTS, Options
from gatepass.provider import encode_base64, expect, format_datetime, format_time
from gatepass_generator.credential import options
from gatepass_generator.credentials import hosts, index_module, provider_module
from gatepass_generator.reader import load, read
from gatepass_spec import Spec, SpecError
from repository import SPECS

ACME = Path(__file__).parent / "acme.yaml"


CLASSES: list[Any] = [getattr(gatepass_providers, name) for name in gatepass_providers.MODULES]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_each_class_has_every_option_of_a_credential_with_its_type_default_and_text(kind: Any) -> None:
    parameters = inspect.signature(kind).parameters
    text = " ".join(inspect.unwrap(kind.__init__).__doc__.split())
    assert {option.name for option in options()} == set(Options.__annotations__)
    for option in options():
        parameter = parameters[option.name]
        assert parameter.kind is parameter.KEYWORD_ONLY
        assert parameter.default == DEFAULTS.get(option.name)
        assert f" {option.name}: {' '.join(option.text.split())}" in text


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_each_argument_has_a_text(kind: Any) -> None:
    text = inspect.cleandoc(inspect.unwrap(kind.__init__).__doc__ or "")  # as Python 3.13 has it already
    assert all(f"\n    {name}: " in text for name in inspect.signature(kind).parameters)
    assert all(f"_SANDBOX_{name}".upper() in text for name in kind.spec.credentials)


def test_the_index_agrees_with_the_classes() -> None:
    assert gatepass_providers.__all__ == sorted(gatepass_providers.MODULES)
    assert sorted(gatepass_providers.COMMANDS.values()) == gatepass_providers.__all__
    for kind in CLASSES:
        assert gatepass_providers.MODULES[kind.__name__] == kind.spec.provider
        assert gatepass_providers.CREDENTIALS[kind.__name__] == kind.spec.credentials
        assert gatepass_providers.SERVERS[kind.spec.provider] == kind.spec.servers


def source(tmp_path: Path, path: Path, *edits: tuple[str, str]) -> str:
    """The module of a spec in which some strings are replaced."""
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    changed = tmp_path / path.name
    changed.write_text(text, encoding="utf-8")
    config = Config.from_sources(ConfigFile(), MetaType.NONE, changed, "utf-8", False, None)
    spec = read(changed)
    data = GeneratorData.from_dict(dict(spec.document), config=config)
    assert isinstance(data, GeneratorData)
    return provider_module(spec, data, "gatepass_clients")


SHOP = "class:\n          type: {}\n          minLength: 1\n"
REFUSED = {
    "a token in a header": (
        ACME,
        ("access_token: $response.body#/result/from/bearer", "access_token: $response.header.X-Token"),
        "a token outside the JSON body goes with neither refresh nor alternatives",
    ),
    "a required field without a value": (
        ACME,
        ("        generated:\n          $request.body#/request/time: now\n", ""),
        "LoginRequest.time is required",
    ),
    "a credential that is a number": (
        ACME,
        (SHOP.format("string"), SHOP.format("integer")),
        "class is not a field for",
    ),
    "two calls of one method": (
        SPECS / "decentro.yaml",
        (
            "    post:\n      operationId: generateTokenByPost",
            "  /v2/auth/other:\n    get:\n      operationId: generateTokenByPost",
        ),
        "have the same HTTP method",
    ),
    "a call that does not exist": (
        SPECS / "decentro.yaml",
        ("operation: generateToken\n          token:", "operation: generateOther\n          token:"),
        "has no call generateOther",
    ),
    "a refresh with another response": (
        ACME,
        ("operation: refresh\n", "operation: adminLogin\n"),
        "adminLogin has another response than login",
    ),
    "two requests that read a secret": (
        SPECS / "sahamati.yaml",
        ("rotates: true", "rotates: false"),
        "both read a secret",
    ),
}


@pytest.mark.parametrize(("path", "edit", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_become_a_class_is_refused_with_the_reason(
    path: Path, edit: tuple[str, str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(SpecError, match=rf"{path.name}:\d+: no typed credential can be made: .*{message}"):
        source(tmp_path, path, edit)


def test_a_class_is_not_called_like_another_thing_of_gatepass(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_bytes((SPECS / "setu.yaml").read_bytes())
    with pytest.raises(SpecError, match=r"secret\.yaml:\d+: .*something else that is called Secret"):
        index_module([load(tmp_path / "secret.yaml")])


def copied(tmp_path: Path, name: str, *edits: tuple[str, str]) -> Spec:
    """A copy of setuupi.yaml with another name."""
    text = (SPECS / "setuupi.yaml").read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    (tmp_path / name).write_text(text, encoding="utf-8")
    return load(tmp_path / name)


def test_specs_share_a_host_if_they_agree_about_its_environments(tmp_path: Path) -> None:
    prepaid = copied(tmp_path, "prepaid.yaml")
    owners = hosts([load(SPECS / "setuupi.yaml"), prepaid])["accountservice.setu.co"]
    assert owners.count("'prepaid'") == owners.count("'setuupi'") == 2


def test_a_host_of_production_is_no_shared_host_of_another_spec(tmp_path: Path) -> None:
    prepaid = copied(tmp_path, "prepaid.yaml", ("umap.setu.co]", "coudc.setu.co]"))
    names = r"prepaid \(production, sandbox\) and setubillpay \(production\)"
    with pytest.raises(SpecError, match=rf"prepaid\.yaml:1: {names} have coudc\.setu\.co"):
        hosts([load(SPECS / "setubillpay.yaml"), prepaid])


def test_a_class_has_the_name_of_its_file_if_the_title_is_another_one(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_bytes((SPECS / "sahamati.yaml").read_bytes())
    index = index_module([load(tmp_path / "other.yaml")])
    assert '"other": "Other"' in index
    assert '"other-user": "OtherUser"' in index


def test_a_call_may_have_the_name_of_a_variable(tmp_path: Path) -> None:
    edits = [(f"{key}: login\n", f"{key}: send\n") for key in ("operationId", "operation")]
    assert "import send as send_request\n" in source(tmp_path, ACME, *edits)


@pytest.mark.parametrize(
    ("value", "pattern", "encoded"),
    [
        ("fake.example", r"\.", "ZmFrZS5leGFtcGxl"),
        ("ZmFrZS5leGFtcGxl", r"\.", "ZmFrZS5leGFtcGxl"),
        ("fake", "", "ZmFrZQ=="),
    ],
)
def test_a_value_that_is_in_base64_already_is_not_encoded_again(
    value: str, pattern: str, encoded: str
) -> None:
    assert encode_base64(value, pattern) == encoded


def test_a_response_of_another_class_is_not_shown() -> None:
    with pytest.raises(TypeError, match=r"^str instead of int$"):
        expect(int, "fake-hidden")


def test_a_time_is_in_utc_with_milliseconds_or_to_the_second() -> None:
    assert format_time(1728558705.0961) == "2024-10-10T11:11:45.096Z"
    assert format_datetime(1728558705.9961) == "2024-10-10T11:11:45"

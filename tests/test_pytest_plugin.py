"""The fixtures that pytest has wherever gatepass is installed, in a pytest of their own."""

from __future__ import annotations

import os

import pytest

from .timeouts import HANG_TIMEOUT

pytest_plugins = ["pytester"]
EMULATOR = """
    import asyncio, os, time
    import httpx, pytest
    from gatepass import Rejected, Setu, Su, Unavailable
    from gatepass_emulator import Emulator

    ENVIRONMENT = dict(os.environ)

    @pytest.mark.parametrize("number", [1, 2])
    def test_each_test_has_a_fresh_state(gatepass_emulator: Emulator, number):
        assert gatepass_emulator.calls == []
        assert gatepass_emulator.clock is time.time
        su = Su("sandbox")
        assert su.status().quota_left == 30
        with httpx.Client(auth=su, base_url=su.base_url) as api:
            assert api.get("/echo").status_code == 200
        assert (gatepass_emulator.count("su"), gatepass_emulator.count("su", kind="echo")) == (1, 1)
        gatepass_emulator.fault("su", "sandbox", status=503)
        gatepass_emulator.lifetime("su", "sandbox", 5)
        gatepass_emulator.clock = lambda: 1_800_000_000.0
        gatepass_emulator.listen(pytest.fail)

    def test_a_fault_is_a_method(gatepass_emulator):
        gatepass_emulator.fault("setu", "sandbox", status=401, times=1)
        setu = Setu("sandbox")
        with pytest.raises(Rejected):
            setu.token()
        setu.invalidate()
        assert asyncio.run(setu.atoken()).value

    def test_every_environment_is_set(gatepass_emulator):
        assert gatepass_emulator.variables().items() <= os.environ.items()

    def test_no_token_is_shared_with_another_test(gatepass_emulator):
        for _ in range(2):
            Setu("sandbox").token()
        assert gatepass_emulator.count("setu") == 2

    def test_without_the_fixture_the_environment_is_as_it_was():
        assert dict(os.environ) == ENVIRONMENT | {"PYTEST_CURRENT_TEST": os.environ["PYTEST_CURRENT_TEST"]}
        assert os.environ["SETU_SANDBOX_SECRET"] == "fake-of-a-developer"
"""
FAKE = """
    import httpx
    from gatepass import Credential
    from gatepass.testing import FakeCredential

    def test_it_needs_no_network(fake_credential):
        assert isinstance(fake_credential, FakeCredential) and isinstance(fake_credential, Credential)
        api = httpx.MockTransport(lambda request: httpx.Response(200, text=request.headers["Authorization"]))
        with httpx.Client(auth=fake_credential, transport=api) as client:
            assert client.get("https://api.example").text == "Bearer fake-token"
        assert fake_credential.calls == 1

    def test_it_is_new_in_each_test(fake_credential):
        assert fake_credential.calls == 0
"""
UNUSED = """
    import sys

    def test_nothing_is_imported():
        ours = {name for name in sys.modules if name.startswith("gatepass")}
        assert ours == {"gatepass", "gatepass.pytest_plugin"}
        assert "httpx" not in sys.modules
"""


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Warnings are errors, and other plugins are not loaded."""
    pytester.makeini("[pytest]\nfilterwarnings = error")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "gatepass.pytest_plugin")
    return pytester


def run(pytester: pytest.Pytester, program: str, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(program)
    return pytester.runpytest_subprocess(*arguments, timeout=HANG_TIMEOUT)


def test_the_emulator_is_fresh_in_each_test(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SETU_SANDBOX_SECRET", "fake-of-a-developer")
    monkeypatch.setenv("GATEPASS_STORE", f"file:{pytester.mkdir('shared')}")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    run(pytester, EMULATOR).assert_outcomes(passed=6)

    assert os.listdir(pytester.path / "shared") == []


def test_the_fake_credential_is_new_in_each_test(pytester: pytest.Pytester) -> None:
    run(pytester, FAKE).assert_outcomes(passed=2)


def test_nothing_is_imported_unless_a_fixture_is_used(pytester: pytest.Pytester) -> None:
    run(pytester, UNUSED).assert_outcomes(passed=1)


def test_pytest_finds_the_fixtures_itself(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_PLUGINS")
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")

    result = run(pytester, UNUSED, "--fixtures")

    result.stdout.fnmatch_lines(["*fixtures defined from gatepass.pytest_plugin*"])
    result.stdout.fnmatch_lines_random(["gatepass_emulator -- *", "fake_credential -- *"])


def test_without_the_emulator_the_error_says_what_to_install(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import sys; sys.modules['uvicorn'] = None")

    result = run(pytester, "def test_it(gatepass_emulator): pass\ndef test_fake(fake_credential): pass")

    result.assert_outcomes(errors=1, passed=1)
    assert "the emulator needs uvicorn: pip install 'gatepass[emulator]'" in result.stdout.lines

"""Contains shared errors types that can be raised from API functions"""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import httpx

Parse = TypeVar("Parse", bound=Callable[..., Any])


class UnexpectedStatus(Exception):
    """Raised by api functions when the response status is undocumented and Client.raise_on_unexpected_status is True

    The message does not contain the body, because the response of a token endpoint must not be logged.
    """

    def __init__(self, status_code: int, content: bytes):
        self.status_code = status_code
        self.content = content

        super().__init__(f"Unexpected status code: {status_code}")


class UnreadableResponse(Exception):
    """Raised by api functions when the body of a response is not what the description documents

    It does not hold the body, which may have a token in it.
    """

    def __init__(self, status_code: int, reason: str):
        self.status_code = status_code

        super().__init__(f"Unreadable response ({reason}), status code: {status_code}")


def hide_body(parse: Parse) -> Parse:
    """Make a parser of responses raise UnreadableResponse in place of errors that hold the body"""

    @functools.wraps(parse)
    def parse_or_hide(*, client: Any, response: httpx.Response) -> Any:
        try:
            return parse(client=client, response=response)
        except UnexpectedStatus:
            raise
        except Exception as error:
            reason = type(error).__name__
        # Outside of the handler, so that the error of the parser is not kept as its context.
        raise UnreadableResponse(response.status_code, reason)

    return cast(Parse, parse_or_hide)


__all__ = ["UnexpectedStatus", "UnreadableResponse"]

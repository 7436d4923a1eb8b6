from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.error_response_error import ErrorResponseError
from ..types import UNSET, Unset

T = TypeVar("T", bound="ErrorResponse")


@_attrs_define
class ErrorResponse:
    """RFC 6749, section 5.2, with what the provider's support will ask for.

    Attributes:
        error (ErrorResponseError): What kind of error it is.
        error_description (str): What is wrong, and how to fix it.
        code (str | Unset): The provider's own code.
        trace (str | Unset): The provider's id of the failed request.
        retry_at (int | Unset): No request is sent before, in UTC epoch seconds.
    """

    error: ErrorResponseError
    error_description: str
    code: str | Unset = UNSET
    trace: str | Unset = UNSET
    retry_at: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        error = self.error.value

        error_description = self.error_description

        code = self.code

        trace = self.trace

        retry_at = self.retry_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "error": error,
                "error_description": error_description,
            }
        )
        if code is not UNSET:
            field_dict["code"] = code
        if trace is not UNSET:
            field_dict["trace"] = trace
        if retry_at is not UNSET:
            field_dict["retry_at"] = retry_at

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        error = ErrorResponseError(d.pop("error"))

        error_description = d.pop("error_description")

        code = d.pop("code", UNSET)

        trace = d.pop("trace", UNSET)

        retry_at = d.pop("retry_at", UNSET)

        error_response = cls(
            error=error,
            error_description=error_description,
            code=code,
            trace=trace,
            retry_at=retry_at,
        )

        error_response.additional_properties = d
        return error_response

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties

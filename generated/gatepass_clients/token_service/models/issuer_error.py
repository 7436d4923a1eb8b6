from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="IssuerError")


@_attrs_define
class IssuerError:
    """
    Attributes:
        message (str): What happened.
        code (None | str): The provider's own code.
        trace (None | str): The provider's id of the failed request.
        retry_at (int | None): No request is sent before, in UTC epoch seconds.
    """

    message: str
    code: None | str
    trace: None | str
    retry_at: int | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        message = self.message

        code: None | str
        code = self.code

        trace: None | str
        trace = self.trace

        retry_at: int | None
        retry_at = self.retry_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "message": message,
                "code": code,
                "trace": trace,
                "retry_at": retry_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        message = d.pop("message")

        def _parse_code(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        code = _parse_code(d.pop("code"))

        def _parse_trace(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        trace = _parse_trace(d.pop("trace"))

        def _parse_retry_at(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        retry_at = _parse_retry_at(d.pop("retry_at"))

        issuer_error = cls(
            message=message,
            code=code,
            trace=trace,
            retry_at=retry_at,
        )

        issuer_error.additional_properties = d
        return issuer_error

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

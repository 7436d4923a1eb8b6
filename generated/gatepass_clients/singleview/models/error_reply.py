from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="ErrorReply")


@_attrs_define
class ErrorReply:
    """The errors of a sibling API [docs]; whether this call has the same fields is [unknown].

    Attributes:
        correlation_id (str | Unset): What SingleView's support may ask for.
        bank_code (str | Unset): May be empty.
        error_code (str | Unset): For example `MW-401`.
        error_message (str | Unset):
        time_stamp (str | Unset): A date and time with zone.
    """

    correlation_id: str | Unset = UNSET
    bank_code: str | Unset = UNSET
    error_code: str | Unset = UNSET
    error_message: str | Unset = UNSET
    time_stamp: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        correlation_id = self.correlation_id

        bank_code = self.bank_code

        error_code = self.error_code

        error_message = self.error_message

        time_stamp = self.time_stamp

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if correlation_id is not UNSET:
            field_dict["correlationId"] = correlation_id
        if bank_code is not UNSET:
            field_dict["bankCode"] = bank_code
        if error_code is not UNSET:
            field_dict["errorCode"] = error_code
        if error_message is not UNSET:
            field_dict["errorMessage"] = error_message
        if time_stamp is not UNSET:
            field_dict["timeStamp"] = time_stamp

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        correlation_id = d.pop("correlationId", UNSET)

        bank_code = d.pop("bankCode", UNSET)

        error_code = d.pop("errorCode", UNSET)

        error_message = d.pop("errorMessage", UNSET)

        time_stamp = d.pop("timeStamp", UNSET)

        error_reply = cls(
            correlation_id=correlation_id,
            bank_code=bank_code,
            error_code=error_code,
            error_message=error_message,
            time_stamp=time_stamp,
        )

        error_reply.additional_properties = d
        return error_reply

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

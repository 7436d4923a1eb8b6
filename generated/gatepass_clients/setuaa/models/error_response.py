from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="ErrorResponse")


@_attrs_define
class ErrorResponse:
    """The fields are [page].

    Attributes:
        ver (str | Unset): The version of the message [page].
        timestamp (str | Unset): A date and time [page]; a plain string here.
        txnid (str | Unset): The id of the transaction [page].
        error_code (str | Unset): A word for the error [page]; which words there are is [unknown].
        error_msg (str | Unset): A sentence that may repeat the client id, so do not log it [page].
    """

    ver: str | Unset = UNSET
    timestamp: str | Unset = UNSET
    txnid: str | Unset = UNSET
    error_code: str | Unset = UNSET
    error_msg: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        ver = self.ver

        timestamp = self.timestamp

        txnid = self.txnid

        error_code = self.error_code

        error_msg = self.error_msg

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if ver is not UNSET:
            field_dict["ver"] = ver
        if timestamp is not UNSET:
            field_dict["timestamp"] = timestamp
        if txnid is not UNSET:
            field_dict["txnid"] = txnid
        if error_code is not UNSET:
            field_dict["errorCode"] = error_code
        if error_msg is not UNSET:
            field_dict["errorMsg"] = error_msg

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        ver = d.pop("ver", UNSET)

        timestamp = d.pop("timestamp", UNSET)

        txnid = d.pop("txnid", UNSET)

        error_code = d.pop("errorCode", UNSET)

        error_msg = d.pop("errorMsg", UNSET)

        error_response = cls(
            ver=ver,
            timestamp=timestamp,
            txnid=txnid,
            error_code=error_code,
            error_msg=error_msg,
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

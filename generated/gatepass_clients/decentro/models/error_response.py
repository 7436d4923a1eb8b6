from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="ErrorResponse")


@_attrs_define
class ErrorResponse:
    """The fields of an error are [unknown]. A client of this endpoint reads `response_key` and `response_message`
    [code]; the other fields are those of other Decentro APIs [code]. None of them is reliable. `responseKey`, the
    spelling of other APIs [docs], is left undeclared on purpose: most generators give both the same name. It
    arrives as an additional property, and `x-gatepass-token` lists both places.

        Attributes:
            decentro_txn_id (str | Unset): The id that Decentro's support asks for, on other APIs [code].
            status (str | Unset): A word such as `FAILURE`, on other APIs [code].
            response_code (str | Unset): A short code, on other APIs [code].
            response_key (str | Unset): A word such as `error_unauthorized_module` [docs]; the name of the field is the one
                that a client of this
                endpoint reads [code].
            response_message (str | Unset): A sentence, as a client of this endpoint reads it [code].
            message (str | Unset): A sentence, on other APIs [code].
    """

    decentro_txn_id: str | Unset = UNSET
    status: str | Unset = UNSET
    response_code: str | Unset = UNSET
    response_key: str | Unset = UNSET
    response_message: str | Unset = UNSET
    message: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        decentro_txn_id = self.decentro_txn_id

        status = self.status

        response_code = self.response_code

        response_key = self.response_key

        response_message = self.response_message

        message = self.message

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if decentro_txn_id is not UNSET:
            field_dict["decentroTxnId"] = decentro_txn_id
        if status is not UNSET:
            field_dict["status"] = status
        if response_code is not UNSET:
            field_dict["responseCode"] = response_code
        if response_key is not UNSET:
            field_dict["response_key"] = response_key
        if response_message is not UNSET:
            field_dict["response_message"] = response_message
        if message is not UNSET:
            field_dict["message"] = message

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        decentro_txn_id = d.pop("decentroTxnId", UNSET)

        status = d.pop("status", UNSET)

        response_code = d.pop("responseCode", UNSET)

        response_key = d.pop("response_key", UNSET)

        response_message = d.pop("response_message", UNSET)

        message = d.pop("message", UNSET)

        error_response = cls(
            decentro_txn_id=decentro_txn_id,
            status=status,
            response_code=response_code,
            response_key=response_key,
            response_message=response_message,
            message=message,
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

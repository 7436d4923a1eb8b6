from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.token_data import TokenData


T = TypeVar("T", bound="TokenReply")


@_attrs_define
class TokenReply:
    """
    Attributes:
        success (bool): false makes a 200 a refusal [code].
        payload (TokenData | Unset):
        correlation_id (str | Unset): Only with a refusal, and assumed.
        error_code (str | Unset): Only with a refusal, and assumed.
        error_message (str | Unset): Only with a refusal, and assumed.
    """

    success: bool
    payload: TokenData | Unset = UNSET
    correlation_id: str | Unset = UNSET
    error_code: str | Unset = UNSET
    error_message: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        success = self.success

        payload: dict[str, Any] | Unset = UNSET
        if not isinstance(self.payload, Unset):
            payload = self.payload.to_dict()

        correlation_id = self.correlation_id

        error_code = self.error_code

        error_message = self.error_message

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "success": success,
            }
        )
        if payload is not UNSET:
            field_dict["payload"] = payload
        if correlation_id is not UNSET:
            field_dict["correlationId"] = correlation_id
        if error_code is not UNSET:
            field_dict["errorCode"] = error_code
        if error_message is not UNSET:
            field_dict["errorMessage"] = error_message

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.token_data import TokenData  # noqa: PLC0415

        d = dict(src_dict)
        success = d.pop("success")

        _payload = d.pop("payload", UNSET)
        payload: TokenData | Unset
        if isinstance(_payload, Unset):
            payload = UNSET
        else:
            payload = TokenData.from_dict(_payload)

        correlation_id = d.pop("correlationId", UNSET)

        error_code = d.pop("errorCode", UNSET)

        error_message = d.pop("errorMessage", UNSET)

        token_reply = cls(
            success=success,
            payload=payload,
            correlation_id=correlation_id,
            error_code=error_code,
            error_message=error_message,
        )

        token_reply.additional_properties = d
        return token_reply

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

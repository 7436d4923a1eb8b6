from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.token_data import TokenData


T = TypeVar("T", bound="TokenResponse")


@_attrs_define
class TokenResponse:
    """Nothing is required, because a rejection and a token have different fields.

    Attributes:
        success (bool | Unset): true if there is a token [page]; false makes a 200 a rejection [code].
        payload (TokenData | Unset):
        status (str | Unset): Only in a rejection, the word `FAILURE` [docs].
        error_code (str | Unset): Only in a rejection [docs], such as `APIERR401` [docs].
        message (str | Unset): Only in a rejection, a sentence [docs].
    """

    success: bool | Unset = UNSET
    payload: TokenData | Unset = UNSET
    status: str | Unset = UNSET
    error_code: str | Unset = UNSET
    message: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        success = self.success

        payload: dict[str, Any] | Unset = UNSET
        if not isinstance(self.payload, Unset):
            payload = self.payload.to_dict()

        status = self.status

        error_code = self.error_code

        message = self.message

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if success is not UNSET:
            field_dict["success"] = success
        if payload is not UNSET:
            field_dict["payload"] = payload
        if status is not UNSET:
            field_dict["status"] = status
        if error_code is not UNSET:
            field_dict["errorCode"] = error_code
        if message is not UNSET:
            field_dict["message"] = message

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.token_data import TokenData  # noqa: PLC0415

        d = dict(src_dict)
        success = d.pop("success", UNSET)

        _payload = d.pop("payload", UNSET)
        payload: TokenData | Unset
        if isinstance(_payload, Unset):
            payload = UNSET
        else:
            payload = TokenData.from_dict(_payload)

        status = d.pop("status", UNSET)

        error_code = d.pop("errorCode", UNSET)

        message = d.pop("message", UNSET)

        token_response = cls(
            success=success,
            payload=payload,
            status=status,
            error_code=error_code,
            message=message,
        )

        token_response.additional_properties = d
        return token_response

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

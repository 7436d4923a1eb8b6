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
    """Nothing is required, because either spelling may be used. `Data` (with the fields of `data`) and `Message` are
    left undeclared on purpose: two properties that differ only in case break the output of most generators. They
    arrive as additional properties, and `x-gatepass-token` lists both places.

        Attributes:
            success (bool | Unset): The flag, as the provider's samples have it [docs].
            status (str | Unset): The same as a word [page], `Success` [page] or `Fail` [code].
            data (TokenData | Unset): Nothing is required here either, because `token` and `expire_in` may be under `Data`
                instead.
            message (str | Unset): A sentence about the result [docs].
    """

    success: bool | Unset = UNSET
    status: str | Unset = UNSET
    data: TokenData | Unset = UNSET
    message: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        success = self.success

        status = self.status

        data: dict[str, Any] | Unset = UNSET
        if not isinstance(self.data, Unset):
            data = self.data.to_dict()

        message = self.message

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if success is not UNSET:
            field_dict["success"] = success
        if status is not UNSET:
            field_dict["Status"] = status
        if data is not UNSET:
            field_dict["data"] = data
        if message is not UNSET:
            field_dict["message"] = message

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.token_data import TokenData  # noqa: PLC0415

        d = dict(src_dict)
        success = d.pop("success", UNSET)

        status = d.pop("Status", UNSET)

        _data = d.pop("data", UNSET)
        data: TokenData | Unset
        if isinstance(_data, Unset):
            data = UNSET
        else:
            data = TokenData.from_dict(_data)

        message = d.pop("message", UNSET)

        token_response = cls(
            success=success,
            status=status,
            data=data,
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

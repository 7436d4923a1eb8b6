from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="TokenData")


@_attrs_define
class TokenData:
    """Nothing is required here either, because `token` and `expire_in` may be under `Data` instead.

    Attributes:
        token_type (str | Unset): The word `Bearer` [page].
        token (str | Unset): The access token, sent in the header `Authorization` after the word `Bearer`. It begins
            with `sandbox_` or
            `live_` [page], and contains `/`, `+` and a final `=` [docs]; send it unchanged.
        expire_in (str | Unset): The lifetime of the token in seconds, a number written as a string [page].
    """

    token_type: str | Unset = UNSET
    token: str | Unset = UNSET
    expire_in: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        token_type = self.token_type

        token = self.token

        expire_in = self.expire_in

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if token_type is not UNSET:
            field_dict["token_type"] = token_type
        if token is not UNSET:
            field_dict["token"] = token
        if expire_in is not UNSET:
            field_dict["expire_in"] = expire_in

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        token_type = d.pop("token_type", UNSET)

        token = d.pop("token", UNSET)

        expire_in = d.pop("expire_in", UNSET)

        token_data = cls(
            token_type=token_type,
            token=token,
            expire_in=expire_in,
        )

        token_data.additional_properties = d
        return token_data

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

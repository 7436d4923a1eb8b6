from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="TokenResponse")


@_attrs_define
class TokenResponse:
    """
    Attributes:
        token (str): The access token, a JWT, sent in the header `Authorization` after the word `Bearer` [page].
        expires_in (int | Unset): The lifetime of the token in seconds; 600 in the sample [page].
        success (bool | Unset): true if there is a token [page].
        trace_id (str | Unset): The id of the request [page].
    """

    token: str
    expires_in: int | Unset = UNSET
    success: bool | Unset = UNSET
    trace_id: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        token = self.token

        expires_in = self.expires_in

        success = self.success

        trace_id = self.trace_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "token": token,
            }
        )
        if expires_in is not UNSET:
            field_dict["expiresIn"] = expires_in
        if success is not UNSET:
            field_dict["success"] = success
        if trace_id is not UNSET:
            field_dict["traceId"] = trace_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        token = d.pop("token")

        expires_in = d.pop("expiresIn", UNSET)

        success = d.pop("success", UNSET)

        trace_id = d.pop("traceId", UNSET)

        token_response = cls(
            token=token,
            expires_in=expires_in,
            success=success,
            trace_id=trace_id,
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

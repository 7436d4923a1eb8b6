from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="TokenResponse")


@_attrs_define
class TokenResponse:
    """Nothing is required, because a rejection and a token have different fields.

    Attributes:
        access_token (str | Unset): The token, a JWT, sent in the header `Authorization` after the word `Bearer` [page].
        token_type (str | Unset): The word `Bearer` [page].
        expires_in (str | Unset): The lifetime of the token in seconds, a number written as a string [page].
        status (str | Unset): Only in a rejection, the word `FAILURE`; assumed [unknown].
        error_code (str | Unset): Only in a rejection, such as `MW-401` [docs].
        message (str | Unset): Only in a rejection, a sentence; assumed [unknown].
    """

    access_token: str | Unset = UNSET
    token_type: str | Unset = UNSET
    expires_in: str | Unset = UNSET
    status: str | Unset = UNSET
    error_code: str | Unset = UNSET
    message: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        access_token = self.access_token

        token_type = self.token_type

        expires_in = self.expires_in

        status = self.status

        error_code = self.error_code

        message = self.message

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if access_token is not UNSET:
            field_dict["access_token"] = access_token
        if token_type is not UNSET:
            field_dict["token_type"] = token_type
        if expires_in is not UNSET:
            field_dict["expires_in"] = expires_in
        if status is not UNSET:
            field_dict["status"] = status
        if error_code is not UNSET:
            field_dict["errorCode"] = error_code
        if message is not UNSET:
            field_dict["message"] = message

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        access_token = d.pop("access_token", UNSET)

        token_type = d.pop("token_type", UNSET)

        expires_in = d.pop("expires_in", UNSET)

        status = d.pop("status", UNSET)

        error_code = d.pop("errorCode", UNSET)

        message = d.pop("message", UNSET)

        token_response = cls(
            access_token=access_token,
            token_type=token_type,
            expires_in=expires_in,
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

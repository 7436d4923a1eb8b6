from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.api_headers import ApiHeaders


T = TypeVar("T", bound="TokenResponse")


@_attrs_define
class TokenResponse:
    """
    Attributes:
        access_token (str): The provider's token.
        token_type (str): `Bearer`, or another word before the token in the header `Authorization`. `N_A` (RFC 8693)
            where the token
            goes elsewhere: see `headers`.
        expires_in (int): Seconds for which the token is valid from now on.
        headers (ApiHeaders | Unset): The headers that an API request must have, exactly. Absent if the token goes into
            the query, or if the APIs want
            a secret of the provider beside it, which the service does not hand out.
    """

    access_token: str
    token_type: str
    expires_in: int
    headers: ApiHeaders | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        access_token = self.access_token

        token_type = self.token_type

        expires_in = self.expires_in

        headers: dict[str, Any] | Unset = UNSET
        if not isinstance(self.headers, Unset):
            headers = self.headers.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "access_token": access_token,
                "token_type": token_type,
                "expires_in": expires_in,
            }
        )
        if headers is not UNSET:
            field_dict["headers"] = headers

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.api_headers import ApiHeaders  # noqa: PLC0415

        d = dict(src_dict)
        access_token = d.pop("access_token")

        token_type = d.pop("token_type")

        expires_in = d.pop("expires_in")

        _headers = d.pop("headers", UNSET)
        headers: ApiHeaders | Unset
        if isinstance(_headers, Unset):
            headers = UNSET
        else:
            headers = ApiHeaders.from_dict(_headers)

        token_response = cls(
            access_token=access_token,
            token_type=token_type,
            expires_in=expires_in,
            headers=headers,
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

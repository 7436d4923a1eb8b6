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
        access_token (str): The token [page], a JWT [docs], sent in the header `Authorization` after the word `Bearer`
            [page].
        ver (str | Unset): The version of the message [page].
        timestamp (str | Unset): A date and time with zone [page], with up to nine fractional digits [docs]; a plain
            string here.
        txn_id (str | Unset): The id of the transaction [page].
        expires_in (int | Unset): The lifetime of the token in seconds; 86400 in the page's example [page].
        refresh_expires_in (int | Unset): 0 in documentation samples [docs]; there is no refresh token.
        token_type (str | Unset): The word `Bearer` [page].
        not_before_policy (int | Unset): 0 in documentation samples [docs].
        scope (str | Unset): Words with spaces between them [docs].
        message (str | Unset): A warning that comes with a valid entity token: its secret has expired and is in its
            grace period [docs].
            For the user token no message is documented [unknown].
    """

    access_token: str
    ver: str | Unset = UNSET
    timestamp: str | Unset = UNSET
    txn_id: str | Unset = UNSET
    expires_in: int | Unset = UNSET
    refresh_expires_in: int | Unset = UNSET
    token_type: str | Unset = UNSET
    not_before_policy: int | Unset = UNSET
    scope: str | Unset = UNSET
    message: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        access_token = self.access_token

        ver = self.ver

        timestamp = self.timestamp

        txn_id = self.txn_id

        expires_in = self.expires_in

        refresh_expires_in = self.refresh_expires_in

        token_type = self.token_type

        not_before_policy = self.not_before_policy

        scope = self.scope

        message = self.message

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "accessToken": access_token,
            }
        )
        if ver is not UNSET:
            field_dict["ver"] = ver
        if timestamp is not UNSET:
            field_dict["timestamp"] = timestamp
        if txn_id is not UNSET:
            field_dict["txnId"] = txn_id
        if expires_in is not UNSET:
            field_dict["expiresIn"] = expires_in
        if refresh_expires_in is not UNSET:
            field_dict["refreshExpiresIn"] = refresh_expires_in
        if token_type is not UNSET:
            field_dict["tokenType"] = token_type
        if not_before_policy is not UNSET:
            field_dict["notBeforePolicy"] = not_before_policy
        if scope is not UNSET:
            field_dict["scope"] = scope
        if message is not UNSET:
            field_dict["message"] = message

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        access_token = d.pop("accessToken")

        ver = d.pop("ver", UNSET)

        timestamp = d.pop("timestamp", UNSET)

        txn_id = d.pop("txnId", UNSET)

        expires_in = d.pop("expiresIn", UNSET)

        refresh_expires_in = d.pop("refreshExpiresIn", UNSET)

        token_type = d.pop("tokenType", UNSET)

        not_before_policy = d.pop("notBeforePolicy", UNSET)

        scope = d.pop("scope", UNSET)

        message = d.pop("message", UNSET)

        token_response = cls(
            access_token=access_token,
            ver=ver,
            timestamp=timestamp,
            txn_id=txn_id,
            expires_in=expires_in,
            refresh_expires_in=refresh_expires_in,
            token_type=token_type,
            not_before_policy=not_before_policy,
            scope=scope,
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

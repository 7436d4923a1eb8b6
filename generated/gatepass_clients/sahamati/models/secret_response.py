from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="SecretResponse")


@_attrs_define
class SecretResponse:
    """
    Attributes:
        secret (str): The secret of the entity [page].
        ver (str | Unset): The version of the message [page].
        timestamp (str | Unset): A date and time with zone [page], with up to nine fractional digits [docs]; a plain
            string here.
        txn_id (str | Unset): The id of the transaction [page].
        entity_id (str | Unset): The id of the entity [page].
        expires_on (float | Unset): When the secret expires. 10 digits are epoch seconds [page], 13 are milliseconds, as
            in a partner's
            documentation sample [docs]: distinguish them by magnitude.
        expiration_date (str | Unset): The same as an ISO 8601 date [page]; the example is that of the published
            specification [docs]. It has no
            zone, and no page states one [unknown]: assumed UTC.
        message (str | Unset): A warning that comes with a valid secret: it expires after 180 days, because no period
            was requested, or
            one beyond the limit [docs].
    """

    secret: str
    ver: str | Unset = UNSET
    timestamp: str | Unset = UNSET
    txn_id: str | Unset = UNSET
    entity_id: str | Unset = UNSET
    expires_on: float | Unset = UNSET
    expiration_date: str | Unset = UNSET
    message: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        secret = self.secret

        ver = self.ver

        timestamp = self.timestamp

        txn_id = self.txn_id

        entity_id = self.entity_id

        expires_on = self.expires_on

        expiration_date = self.expiration_date

        message = self.message

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "secret": secret,
            }
        )
        if ver is not UNSET:
            field_dict["ver"] = ver
        if timestamp is not UNSET:
            field_dict["timestamp"] = timestamp
        if txn_id is not UNSET:
            field_dict["txnId"] = txn_id
        if entity_id is not UNSET:
            field_dict["entityId"] = entity_id
        if expires_on is not UNSET:
            field_dict["expiresOn"] = expires_on
        if expiration_date is not UNSET:
            field_dict["expirationDate"] = expiration_date
        if message is not UNSET:
            field_dict["message"] = message

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        secret = d.pop("secret")

        ver = d.pop("ver", UNSET)

        timestamp = d.pop("timestamp", UNSET)

        txn_id = d.pop("txnId", UNSET)

        entity_id = d.pop("entityId", UNSET)

        expires_on = d.pop("expiresOn", UNSET)

        expiration_date = d.pop("expirationDate", UNSET)

        message = d.pop("message", UNSET)

        secret_response = cls(
            secret=secret,
            ver=ver,
            timestamp=timestamp,
            txn_id=txn_id,
            entity_id=entity_id,
            expires_on=expires_on,
            expiration_date=expiration_date,
            message=message,
        )

        secret_response.additional_properties = d
        return secret_response

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

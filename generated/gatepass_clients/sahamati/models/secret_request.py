from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="SecretRequest")


@_attrs_define
class SecretRequest:
    """
    Attributes:
        ver (str): The version of the message [page]. Default: '1.0.0'.
        timestamp (str): The time of the request, ISO 8601 with zone, such as 2024-10-10T11:11:45.096Z [page].
        txn_id (str): A UUID that the caller generates for this request [page].
        entity_id (str): The id of the entity; the token request names it `id` [page].
        secret_expiry_days (int | Unset): Days until the secret expires [page]. 180 is the default and the maximum; a
            higher number is not an error,
            but gets 180 days and a `message` that says so [docs].
    """

    timestamp: str
    txn_id: str
    entity_id: str
    ver: str = "1.0.0"
    secret_expiry_days: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        ver = self.ver

        timestamp = self.timestamp

        txn_id = self.txn_id

        entity_id = self.entity_id

        secret_expiry_days = self.secret_expiry_days

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "ver": ver,
                "timestamp": timestamp,
                "txnId": txn_id,
                "entityId": entity_id,
            }
        )
        if secret_expiry_days is not UNSET:
            field_dict["secretExpiryDays"] = secret_expiry_days

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        ver = d.pop("ver")

        timestamp = d.pop("timestamp")

        txn_id = d.pop("txnId")

        entity_id = d.pop("entityId")

        secret_expiry_days = d.pop("secretExpiryDays", UNSET)

        secret_request = cls(
            ver=ver,
            timestamp=timestamp,
            txn_id=txn_id,
            entity_id=entity_id,
            secret_expiry_days=secret_expiry_days,
        )

        secret_request.additional_properties = d
        return secret_request

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

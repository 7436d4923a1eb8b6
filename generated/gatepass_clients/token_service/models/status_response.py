from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.issuer_status import IssuerStatus


T = TypeVar("T", bound="StatusResponse")


@_attrs_define
class StatusResponse:
    """
    Attributes:
        issuers (list[IssuerStatus]): Every provider and environment that is served.
    """

    issuers: list[IssuerStatus]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        issuers = []
        for issuers_item_data in self.issuers:
            issuers_item = issuers_item_data.to_dict()
            issuers.append(issuers_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "issuers": issuers,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.issuer_status import IssuerStatus  # noqa: PLC0415

        d = dict(src_dict)
        issuers = []
        _issuers = d.pop("issuers")
        for issuers_item_data in _issuers:
            issuers_item = IssuerStatus.from_dict(issuers_item_data)

            issuers.append(issuers_item)

        status_response = cls(
            issuers=issuers,
        )

        status_response.additional_properties = d
        return status_response

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

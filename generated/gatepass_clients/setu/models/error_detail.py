from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.error_item import ErrorItem


T = TypeVar("T", bound="ErrorDetail")


@_attrs_define
class ErrorDetail:
    """
    Attributes:
        code (str | Unset): `invalid-api-key` [page], `malformed-request`, `unauthorised`, `forbidden`, `method-not-
            allowed`,
            `unable-to-fulfil-request` or `service-unavailable` [docs].
        detail (str | Unset): A sentence that may repeat the client id, so do not log it [page].
        doc_url (str | Unset): Where the error is documented; may be empty [page].
        title (str | Unset): A title in capitals, such as `AUTHENTICATION_ERROR` [page].
        errors (list[ErrorItem] | Unset): Errors in individual fields; empty in the page's sample [page].
        trace_id (str | Unset): The id of the failed request [page].
    """

    code: str | Unset = UNSET
    detail: str | Unset = UNSET
    doc_url: str | Unset = UNSET
    title: str | Unset = UNSET
    errors: list[ErrorItem] | Unset = UNSET
    trace_id: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        code = self.code

        detail = self.detail

        doc_url = self.doc_url

        title = self.title

        errors: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.errors, Unset):
            errors = []
            for errors_item_data in self.errors:
                errors_item = errors_item_data.to_dict()
                errors.append(errors_item)

        trace_id = self.trace_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if code is not UNSET:
            field_dict["code"] = code
        if detail is not UNSET:
            field_dict["detail"] = detail
        if doc_url is not UNSET:
            field_dict["docURL"] = doc_url
        if title is not UNSET:
            field_dict["title"] = title
        if errors is not UNSET:
            field_dict["errors"] = errors
        if trace_id is not UNSET:
            field_dict["traceID"] = trace_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.error_item import ErrorItem  # noqa: PLC0415

        d = dict(src_dict)
        code = d.pop("code", UNSET)

        detail = d.pop("detail", UNSET)

        doc_url = d.pop("docURL", UNSET)

        title = d.pop("title", UNSET)

        _errors = d.pop("errors", UNSET)
        errors: list[ErrorItem] | Unset = UNSET
        if _errors is not UNSET:
            errors = []
            for errors_item_data in _errors:
                errors_item = ErrorItem.from_dict(errors_item_data)

                errors.append(errors_item)

        trace_id = d.pop("traceID", UNSET)

        error_detail = cls(
            code=code,
            detail=detail,
            doc_url=doc_url,
            title=title,
            errors=errors,
            trace_id=trace_id,
        )

        error_detail.additional_properties = d
        return error_detail

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

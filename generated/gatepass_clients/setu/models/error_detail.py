from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="ErrorDetail")


@_attrs_define
class ErrorDetail:
    """
    Attributes:
        code (str | Unset): For example `invalid-api-key`.
        detail (str | Unset): A sentence that repeats the client id, so do not log it whole.
        doc_url (str | Unset):
        title (str | Unset):
        errors (list[Any] | Unset):
        trace_id (str | Unset): What Setu's support asks for.
    """

    code: str | Unset = UNSET
    detail: str | Unset = UNSET
    doc_url: str | Unset = UNSET
    title: str | Unset = UNSET
    errors: list[Any] | Unset = UNSET
    trace_id: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        code = self.code

        detail = self.detail

        doc_url = self.doc_url

        title = self.title

        errors: list[Any] | Unset = UNSET
        if not isinstance(self.errors, Unset):
            errors = self.errors

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
        d = dict(src_dict)
        code = d.pop("code", UNSET)

        detail = d.pop("detail", UNSET)

        doc_url = d.pop("docURL", UNSET)

        title = d.pop("title", UNSET)

        errors = cast(list[Any], d.pop("errors", UNSET))

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

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.issuer_status_state import IssuerStatusState

if TYPE_CHECKING:
    from ..models.issuer_error import IssuerError


T = TypeVar("T", bound="IssuerStatus")


@_attrs_define
class IssuerStatus:
    """
    Attributes:
        provider (str): The name of the provider.
        environment (str): The environment.
        state (IssuerStatusState): As in `credential.status()`.
        seconds_left (int): Seconds for which the token is served.
        quota_left (int | None): Tokens that may be requested; null if there is no quota, or it is counted in Redis.
        error (IssuerError | None): The last failure since the last token.
    """

    provider: str
    environment: str
    state: IssuerStatusState
    seconds_left: int
    quota_left: int | None
    error: IssuerError | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.issuer_error import IssuerError  # noqa: PLC0415

        provider = self.provider

        environment = self.environment

        state = self.state.value

        seconds_left = self.seconds_left

        quota_left: int | None
        quota_left = self.quota_left

        error: dict[str, Any] | None
        if isinstance(self.error, IssuerError):
            error = self.error.to_dict()
        else:
            error = self.error

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "provider": provider,
                "environment": environment,
                "state": state,
                "seconds_left": seconds_left,
                "quota_left": quota_left,
                "error": error,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.issuer_error import IssuerError  # noqa: PLC0415

        d = dict(src_dict)
        provider = d.pop("provider")

        environment = d.pop("environment")

        state = IssuerStatusState(d.pop("state"))

        seconds_left = d.pop("seconds_left")

        def _parse_quota_left(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        quota_left = _parse_quota_left(d.pop("quota_left"))

        def _parse_error(data: object) -> IssuerError | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                error_type_0 = IssuerError.from_dict(data)

                return error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(IssuerError | None, data)

        error = _parse_error(d.pop("error"))

        issuer_status = cls(
            provider=provider,
            environment=environment,
            state=state,
            seconds_left=seconds_left,
            quota_left=quota_left,
            error=error,
        )

        issuer_status.additional_properties = d
        return issuer_status

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

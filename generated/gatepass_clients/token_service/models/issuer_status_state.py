from enum import StrEnum


class IssuerStatusState(StrEnum):
    EMPTY = "empty"
    EXPIRED = "expired"
    FRESH = "fresh"
    REJECTED = "rejected"
    STALE = "stale"

    def __str__(self) -> str:
        return str(self.value)

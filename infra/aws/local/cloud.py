"""Clients of the AWS API by region, and the errors that mean `it is not there`."""

from __future__ import annotations

from functools import cache
from typing import Any

from infra.aws.local.values import as_map

GONE = ("NotFound", "NoSuch", "NonExistent", "DoesNotExist", "ResourceNotFound")


class Cloud:
    """One account. Every call goes through boto3; whether it is AWS or moto is decided outside."""

    def __init__(self) -> None:
        from boto3.session import Session  # pyright: ignore[reportMissingTypeStubs]  # boto3 ships no types

        self._session: Any = Session()
        self.client = cache(self._client)

    def _client(self, service: str, region: str) -> Any:
        return self._session.client(service, region_name=region)


def is_gone(error: Exception) -> bool:
    """Whether an API error says that the object does not exist."""
    response = as_map(getattr(error, "response", None))
    code = str(as_map(response.get("Error")).get("Code", ""))
    return code == "404" or any(word in code for word in GONE)

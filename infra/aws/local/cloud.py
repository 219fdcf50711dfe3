"""Clients of the AWS API by region, and the errors that mean `it is not there`."""

# What comes from a wire or a file has no type; the declarations of resources are checked strictly.
# pyright: standard
from __future__ import annotations

from functools import cache
from typing import Any

GONE = ("NotFound", "NoSuch", "NonExistent", "DoesNotExist", "ResourceNotFound")


class Cloud:
    """One account. Every call goes through boto3; whether it is AWS or moto is decided outside."""

    def __init__(self) -> None:
        from boto3.session import Session

        self._session = Session()
        self.client = cache(self._client)

    def _client(self, service: str, region: str) -> Any:
        return self._session.client(service, region_name=region)


def is_gone(error: Exception) -> bool:
    """Whether an API error says that the object does not exist."""
    response = getattr(error, "response", None) or {}
    code = response.get("Error", {}).get("Code", "")
    return code == "404" or any(word in code for word in GONE)

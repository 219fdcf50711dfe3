"""A topology as a picture: by region, zone and host, with every member in its place."""

from infra.diagrams.mermaid import mermaid
from infra.diagrams.picture import svg

__all__ = ["mermaid", "svg"]

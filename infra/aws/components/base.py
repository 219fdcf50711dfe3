"""What all components share: the type's name, and children under their parent."""

from __future__ import annotations

import pulumi


class Component(pulumi.ComponentResource):
    """A component of type `swapskill:aws:<class name>`; children take `self.child()` as their options."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"swapskill:aws:{type(self).__name__}", name, None, opts)

    def child(self) -> pulumi.ResourceOptions:
        """Options of an ordinary child."""
        return pulumi.ResourceOptions(parent=self)

"""Collections with the registry's concerns: the operator's name for `app_core.schema.handles`."""

from app_core.schema.handles import Handle, bound, handle, read_preference, transaction_options, write_concern

__all__ = ["Handle", "bound", "handle", "read_preference", "transaction_options", "write_concern"]

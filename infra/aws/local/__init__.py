"""The Pulumi program run in this process: no Pulumi CLI, no cloud account.

The SDK talks to a Python object instead of the engine. What that proves is that the program's calls and
references are right; the diff that the real provider makes is not part of it.
"""

from infra.aws.local.graph import Graph, Options, Resource
from infra.aws.local.run import Program, preview, resolve

__all__ = ["Graph", "Options", "Program", "Resource", "preview", "resolve"]

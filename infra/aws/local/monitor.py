"""The two ends that the Pulumi SDK talks to, as plain objects: it calls their methods instead of a socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, resource_pb2

from app_core.errors import UsageError
from infra.aws.local.backend import Answer, Backend
from infra.aws.local.graph import Graph, Options, Resource
from infra.aws.local.values import as_map, bare, decode, encode, has_unknown

FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
)
STACK = "pulumi:pulumi:Stack"
ERROR = 3  # the engine's severities: debug, info, warning, error


class Monitor:
    """Takes registrations, one at a time, and lets the backend answer them."""

    def __init__(
        self, project: str, stack: str, backend: Backend, references: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._project, self._stack, self._backend, self._references = project, stack, backend, references
        self._resources: dict[str, Resource] = {}
        self._outputs: Mapping[str, Any] = {}
        self._lock = threading.Lock()  # the SDK calls from many threads

    def graph(self) -> Graph:
        """Everything that was registered so far."""
        resources = tuple(sorted(self._resources.values(), key=lambda resource: resource.urn))
        return Graph(self._project, self._stack, resources, self._outputs)

    # The names below are the wire protocol's.
    def GetDeploymentInfo(self, _: Any) -> Any:
        """What this end can do."""
        return resource_pb2.DeploymentInfo(supportedFeatures=FEATURES)

    def RegisterResource(self, request: Any) -> Any:
        """A resource is declared: the backend makes, finds or imagines it."""
        with self._lock:
            resource = self._resource(request)
            answer = self._backend.register(resource) if request.custom else Answer()
            outputs = {**resource.inputs, **answer.outputs}
            self._resources[resource.urn] = replace(resource, id=answer.id, outputs=outputs)
        return resource_pb2.RegisterResourceResponse(
            urn=resource.urn, id=answer.id, object=encode(outputs), unknown=not answer.complete
        )

    def RegisterResourceOutputs(self, request: Any) -> Any:
        """A component or the stack says what it exports."""
        outputs = decode(request.outputs)
        with self._lock:
            resource = self._resources[request.urn]
            self._resources[request.urn] = replace(resource, outputs=outputs)
            if resource.type == STACK:
                self._outputs = outputs
        return empty_pb2.Empty()

    def ReadResource(self, request: Any) -> Any:
        """The only resource that a program may read: the outputs of another stack."""
        if request.type != "pulumi:pulumi:StackReference":
            raise UsageError("the program reads a resource that is not its own", on=request.type)
        found = self._references.get(request.name, {})
        properties = encode({"name": request.name, "outputs": dict(found), "secretOutputNames": []})
        return resource_pb2.ReadResourceResponse(urn=self._urn(request), properties=properties)

    def Invoke(self, request: Any) -> Any:
        """A data source."""
        with self._lock:
            region = self._region(request.provider)
            answer = self._backend.invoke(request.tok, bare(decode(request.args)), region)
        fields: dict[str, Any] = {"return": encode(answer)}  # a word of Python's own
        return resource_pb2.ResourceInvokeResponse(**fields)

    def SignalAndWaitForShutdown(self, _: Any) -> Any:
        """The program is done; there is nothing to wait for."""
        return empty_pb2.Empty()

    def _urn(self, request: Any) -> str:
        chain = request.type
        if request.parent and f"::{STACK}::" not in request.parent:
            chain = f"{request.parent.split('::')[2]}${chain}"
        return f"urn:pulumi:{self._stack}::{self._project}::{chain}::{request.name}"

    def _resource(self, request: Any) -> Resource:
        urn = self._urn(request)
        if urn in self._resources:
            raise UsageError("two resources have one name", on=urn, hint="give one of them another name")
        inputs = decode(request.object)
        provider = request.provider.rsplit("::", 1)[0]
        return Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            parent=request.parent,
            custom=request.custom,
            inputs=inputs,
            dependencies=tuple(sorted(request.dependencies)),
            uses={key: tuple(sorted(found.urns)) for key, found in request.propertyDependencies.items()},
            options=self._options(request, provider),
            # a resource may name a region of its own, other than its provider's
            region=str(bare(inputs.get("region")) or self._region(request.provider)),
            tags=self._default_tags(provider) | _own_tags(inputs),
        )

    def _options(self, request: Any, provider: str) -> Options:
        """A resource that does not say it itself is as protected as its parent."""
        parent = self._resources.get(request.parent)
        over = parent.options if parent else Options()
        keep = request.retainOnDelete if request.HasField("retainOnDelete") else over.retain_on_delete
        return Options(
            protect=request.protect if request.HasField("protect") else over.protect,
            retain_on_delete=keep,
            ignore_changes=tuple(request.ignoreChanges),
            secret_outputs=tuple(request.additionalSecretOutputs),
            provider=provider,
        )

    def _region(self, provider: str) -> str:
        found = self._resources.get(provider.rsplit("::", 1)[0])
        return found.region if found else ""

    def _default_tags(self, provider: str) -> dict[str, Any]:
        """A provider gets its nested inputs as JSON."""
        found = self._resources.get(provider)
        raw = bare(found.inputs.get("defaultTags")) if found else None
        if raw is None or has_unknown(raw):
            return {}
        tags = json.loads(raw) if isinstance(raw, str) else raw
        return dict(as_map(as_map(tags).get("tags")))


def _own_tags(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return dict(as_map(inputs.get("tags")))


class Engine:
    """Takes the SDK's log lines: errors are kept, the rest is dropped."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    def Log(self, request: Any) -> Any:
        """One line of the program's log."""
        if request.severity >= ERROR:
            self.errors.append(request.message)
        return empty_pb2.Empty()

    def RequirePulumiVersion(self, _: Any) -> Any:
        """There is no CLI whose version could be too old."""
        return engine_pb2.RequirePulumiVersionResponse()

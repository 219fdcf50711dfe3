"""The program of every stack: settings and topology in, resources and outputs out."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from app_core.errors import SwapskillError
from infra.aws.components.app_hosts import AppHosts, AppHostsArgs
from infra.aws.components.backup_plan import BackupPlan, BackupPlanArgs
from infra.aws.components.budget import Budget, BudgetArgs
from infra.aws.components.host import Host
from infra.aws.components.peering import Peering, PeeringArgs
from infra.aws.components.private_dns import PrivateDns, PrivateDnsArgs
from infra.aws.components.secret_store import SecretStore, SecretStoreArgs
from infra.aws.components.storage import Replica, Storage, StorageArgs
from infra.aws.domains import Builder, declare_domains
from infra.aws.hosts import Yard
from infra.aws.outputs import Outputs
from infra.aws.places import check_places
from infra.aws.ports import APP, member_ports
from infra.aws.region import Ground, prepare
from infra.aws.settings import PROJECT, Settings, configuration, parse_settings
from infra.aws.site import CARE, Site
from infra.aws.telling import outputs
from infra.topology import Topology, load_topology
from infra.topology.aws import Aws, Size


def declare(settings: Settings, topology: Topology) -> Outputs:
    """Declare all resources of a stack. Runs inside a Pulumi run; nothing is read from the environment.

    Raises UsageError when the topology does not fit the stack, before anything is declared.
    """
    check_places(settings, topology)
    care = CARE[topology.class_]
    site = Site(settings.prefix, settings.account, settings.domain, care, settings.renew)
    grounds = {region.name: prepare(settings, topology, site, region) for region in topology.regions}
    primary = next(ground for ground in grounds.values() if not ground.region.dr)
    dr = next((ground for ground in grounds.values() if ground.region.dr), None)
    networks = {name: ground.network for name, ground in grounds.items()}
    dns = PrivateDns("dns", PrivateDnsArgs(site, networks), primary.opts)
    if dr is not None:
        args = PeeringArgs(primary.network, dr.network, dr.region.name, dr.provider)
        Peering("peering", args, primary.opts)
    storage = Storage("storage", _storage_args(site, primary, dr), primary.opts)
    secrets = SecretStore("secrets", _secrets_args(site, primary, dr), primary.opts)
    yard = Yard(site, grounds, secrets, storage, dns.zone_id)
    hosts = yard.place(topology)
    endpoints = declare_domains(Builder(site, dns.zone_id, hosts, member_ports(topology)), topology, grounds)
    everywhere = {**hosts, **_app_hosts(yard, topology, primary)}
    _keep_and_pay(settings, site, grounds, hosts)
    return outputs(settings, topology, grounds, everywhere, endpoints, secrets, storage)


def run() -> None:
    """The CLI's entry: configuration, topology, declaration, outputs. An error is one sentence to the CLI."""
    try:
        settings = parse_settings(pulumi.get_stack(), configuration(pulumi.Config(PROJECT)))
        declared = declare(settings, load_topology(settings.topology))
    except SwapskillError as error:
        raise pulumi.RunError(f"{error}; {error.hint}" if error.hint else str(error)) from None
    for name, value in declared.values.items():
        pulumi.export(name, value)


def _storage_args(site: Site, primary: Ground, dr: Ground | None) -> StorageArgs:
    replica = Replica(dr.keys, dr.provider) if dr else None
    return StorageArgs(site, primary.keys, primary.alerts, replica)


def _secrets_args(site: Site, primary: Ground, dr: Ground | None) -> SecretStoreArgs:
    return SecretStoreArgs(
        site=site,
        key_arn=primary.keys.arns["secrets"],
        replica_region=dr.region.name if dr else None,
        replica_key_arn=dr.keys.arns["secrets"] if dr else None,
    )


def _app_hosts(yard: Yard, topology: Topology, primary: Ground) -> dict[str, Host]:
    sizes = topology.part(Aws)
    if sizes is None or not sizes.apps.count:
        return {}
    size = Size(instance=sizes.apps.instance)
    args = AppHostsArgs(
        names=sizes.apps.hosts,
        zones=primary.region.zones,
        host=lambda name, zone: yard.args(primary.region.name, zone, size, (APP,)),
    )
    return AppHosts(APP, args, primary.opts).hosts


def _keep_and_pay(
    settings: Settings, site: Site, grounds: Mapping[str, Ground], hosts: Mapping[str, Host]
) -> None:
    """Daily backups where data are kept, and the budget."""
    vault: pulumi.Output[str] | None = None
    for ground in (
        sorted(grounds.values(), key=lambda ground: not ground.region.dr) if site.care.protected else []
    ):
        volumes = any(host.has_data and host.region == ground.region.name for host in hosts.values())
        args = BackupPlanArgs(site, ground.keys.arns["vault"], vault, ground.alerts, volumes)
        vault = BackupPlan(f"backup-{ground.region.name}", args, ground.opts).vault_arn
    primary = next(ground for ground in grounds.values() if not ground.region.dr)
    budget = BudgetArgs(f"{site.prefix}-monthly", settings.stack, settings.monthly_budget_usd, primary.alerts)
    Budget("budget", budget, primary.opts)

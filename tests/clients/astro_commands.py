"""The commands of the `astro` command-line client v1.15.1 that change something, with the decisions that it takes itself.

What it finds wrong by itself is `Refused`; it then sends nothing.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from tests.clients import astro_mutations, astro_queries
from tests.clients.astro_documents import Refused, inspected, plain_queue, pool_id, sent_queue
from tests.clients.astro_people import People
from tests.clients.astro_shapes import (
    ALERTS,
    CLUSTER,
    CONFIG_OPTIONS,
    DEPLOYMENT,
    QUEUE_OPTIONS,
    VARIABLE,
    decode,
)


class Commands(People):
    """An installation of the client that changes things."""

    def inspect(self, name: str) -> dict[str, Any]:
        """`astro deployment inspect -n NAME -o json` (2.2), with what a file may say of it."""
        self._start()
        return inspected(self._named(name))

    def update(self, deployment: str, /, **flags: Any) -> dict[str, Any]:
        """`astro deployment update -n NAME ...` (2.3); the flags by their names."""
        self._start()
        return self._update(self._named(deployment), flags)

    def update_by_file(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """`astro deployment update --deployment-file` (2.3), and the document that it prints."""
        self._start()
        configuration = document["configuration"]
        cluster = self._cluster(configuration["cluster_name"])
        existing = next(each for each in self._deployments("") if each["label"] == configuration["name"])
        if existing["cluster"]["id"] != cluster["id"]:
            raise Refused("changing an existing deployment's cluster")
        queues = self._queues_of_file(document, cluster, existing["workerQueues"])
        wanted = self._input(existing, queues) | {
            "label": configuration["name"],
            "description": configuration["description"],
            "dagDeployEnabled": configuration["dag_deploy_enabled"],
            "apiKeyOnlyDeployments": False,
            "deploymentSpec": {
                "executor": configuration["executor"],
                "scheduler": {
                    "au": configuration.get("scheduler_au", 0),
                    "replicas": configuration.get("scheduler_count", 0),
                },
            },
        }
        updated = self._mutate(astro_mutations.UPDATE, wanted, "updateDeployment", DEPLOYMENT)
        if variables := document.get("environment_variables"):
            self._replace_variables(updated["id"], variables)
        if emails := document.get("alert_emails"):
            sent = {"deploymentId": updated["id"], "alertEmails": emails}
            self._mutate(astro_mutations.ALERTS, sent, "updateDeploymentAlerts", ALERTS)
        found = self._deployments(existing["workspace"]["id"])
        return inspected(next(each for each in found if each["id"] == updated["id"]))

    def create(self, name: str, *, cluster: str, version: str) -> dict[str, Any]:
        """`astro deployment create -n NAME --cluster-id ID -v VERSION` (2.6)."""
        self._start()
        options = self._options()
        self._options()
        if version not in {release["version"] for release in options["runtimeReleases"]}:
            raise Refused("Runtime version not valid")
        workspaces = self.workspace_list(is_started=True)
        if self.context["workspace"] not in {each["id"] for each in workspaces}:
            raise Refused("no workspaces with id")
        if cluster not in {each["id"] for each in self._clusters()}:
            raise Refused("unable to find specified Cluster")
        scheduler = options["components"]["scheduler"]
        sent = {
            "workspaceId": self.context["workspace"],
            "clusterId": cluster,
            "label": name,
            "description": "",
            "runtimeReleaseVersion": version,
            "dagDeployEnabled": False,
            "deploymentSpec": {
                "executor": "CeleryExecutor",
                "scheduler": {part: scheduler[part]["default"] for part in ("au", "replicas")},
            },
            "workerQueues": None,
            "isHighAvailability": False,
            "schedulerSize": "",
            "apiKeyOnlyDeployments": False,
        }
        return self._mutate(astro_mutations.CREATE, sent, "createDeployment", DEPLOYMENT)

    # Variables, 2.4 and 2.5 of the contract

    def variables(self, name: str) -> list[dict[str, Any]]:
        """`astro deployment variable list -n NAME`."""
        self._start()
        return list(self._named(name)["deploymentSpec"]["environmentVariablesObjects"])

    def change_variables(
        self, name: str, values: Mapping[str, str], *, secret: bool = False, updates: bool = True
    ) -> list[dict[str, Any]]:
        """`astro deployment variable update` or `create`: all that is there, and what is new."""
        self._start()
        deployment = self._named(name)
        kept = {each["key"]: each for each in deployment["deploymentSpec"]["environmentVariablesObjects"]}
        for key, value in values.items():
            if key not in kept or updates:
                is_secret = secret or bool(kept.get(key, {}).get("isSecret"))
                kept[key] = {"key": key, "value": value, "isSecret": is_secret}
        return self._replace_variables(deployment["id"], list(kept.values()))

    # Worker queues, 2.7

    def queue_create(self, name: str, queue: str, *, worker_type: str = "small", **numbers: int) -> None:
        """`astro deployment worker-queue create`."""
        self._start()
        deployment = self._named(name)
        made = self._filled(
            {"name": queue, "isDefault": False, "nodePoolId": pool_id(deployment["cluster"], worker_type)},
            numbers,
        )
        self._send_queues(name, [*map(plain_queue, deployment["workerQueues"]), made])

    def queue_update(self, name: str, queue: str, **numbers: int) -> None:
        """`astro deployment worker-queue update -f`."""
        self._start()
        queues = [plain_queue(each) for each in self._named(name)["workerQueues"]]
        self._filled({}, numbers)
        changed = [{**each, **numbers} if each["name"] == queue else each for each in queues]
        self._send_queues(name, changed)

    def queue_delete(self, name: str, queue: str) -> None:
        """`astro deployment worker-queue delete -f`."""
        self._start()
        queues = self._named(name)["workerQueues"]
        self._send_queues(name, [plain_queue(each) for each in queues if each["name"] != queue])

    # What they share

    def _named(self, name: str) -> dict[str, Any]:
        found = [each for each in self._deployments(self.context["workspace"]) if each["label"] == name]
        if not found:
            raise Refused(f"No Deployment with the name {name} was found")
        return found[0]

    def _update(self, current: dict[str, Any], flags: Mapping[str, Any]) -> dict[str, Any]:
        limits = self._options()["components"]["scheduler"]
        sent = self._input(current, flags.get("queues"))
        scheduler = sent["deploymentSpec"]["scheduler"]
        scheduler["au"] = flags.get("scheduler_au") or scheduler["au"]
        scheduler["replicas"] = flags.get("scheduler_replicas") or scheduler["replicas"]
        if not limits["au"]["default"] <= scheduler["au"] <= limits["au"]["limit"]:
            raise Refused("Scheduler AUs must be between")
        if not limits["replicas"]["minimum"] <= scheduler["replicas"] <= limits["replicas"]["limit"]:
            raise Refused("Scheduler Replicas must between")
        sent["deploymentSpec"]["executor"] = flags.get("executor") or current["deploymentSpec"]["executor"]
        sent["label"] = flags.get("name") or current["label"]
        sent["description"] = flags.get("description") or current["description"]
        if "enforce_cicd" in flags:
            sent["apiKeyOnlyDeployments"] = flags["enforce_cicd"]
        if flags.get("dag_deploy") == "enable":
            if current["dagDeployEnabled"]:
                raise Refused("DAG deploys are already enabled for this Deployment")
            sent["dagDeployEnabled"] = True
        return self._mutate(astro_mutations.UPDATE, sent, "updateDeployment", DEPLOYMENT)

    def _input(self, current: Mapping[str, Any], queues: Any) -> dict[str, Any]:
        spec = current["deploymentSpec"]
        return {
            "id": current["id"],
            "clusterId": current["cluster"]["id"],
            "label": current["label"],
            "description": current["description"],
            "dagDeployEnabled": False,
            "apiKeyOnlyDeployments": current["apiKeyOnlyDeployments"],
            "deploymentSpec": {"executor": spec["executor"], "scheduler": copy.copy(spec["scheduler"])},
            "isHighAvailability": False,
            "schedulerSize": "",
            "workerQueues": queues or None,
        }

    def _send_queues(self, name: str, queues: Sequence[Mapping[str, Any]]) -> None:
        self._update(self._named(name), {"queues": [sent_queue(queue) for queue in queues]})

    def _filled(self, queue: Mapping[str, Any], numbers: Mapping[str, int]) -> dict[str, Any]:
        """A queue with the defaults that the server named, as far as the numbers are within its limits."""
        data = self._ask(astro_queries.QUEUE_OPTIONS, None)
        options = decode(QUEUE_OPTIONS, data["workerQueueOptions"])
        filled = {part: numbers.get(part, limits["default"]) for part, limits in options.items()}
        for part, number in filled.items():
            if not options[part]["floor"] <= number <= options[part]["ceiling"]:
                raise Refused(
                    f"{part} must be between {options[part]['floor']} and {options[part]['ceiling']}"
                )
        return {**queue, **filled}

    def _queues_of_file(
        self, document: Mapping[str, Any], cluster: Mapping[str, Any], existing: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        wanted = sorted(document.get("worker_queues", []), key=lambda each: each["name"])
        present = sorted(existing, key=lambda each: each["name"])
        queues = []
        for place, queue in enumerate(wanted):
            numbers = {
                "minWorkerCount": queue.get("min_worker_count", 0),
                **{
                    part: queue[name]
                    for part, name in (
                        ("maxWorkerCount", "max_worker_count"),
                        ("workerConcurrency", "worker_concurrency"),
                    )
                    if queue.get(name)
                },
            }
            # Only where both lists agree at the same place.
            matches = place < len(present) and present[place]["name"] == queue["name"]
            queues.append(
                sent_queue(
                    self._filled(
                        {
                            "id": present[place]["id"] if matches else "",
                            "name": queue["name"],
                            "isDefault": queue["name"] == "default",
                            "nodePoolId": pool_id(cluster, queue["worker_type"]),
                        },
                        numbers,
                    )
                )
            )
        return queues

    def _replace_variables(
        self, deployment: str, variables: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        sent = [
            {
                "key": each["key"],
                "value": each.get("value", ""),
                "isSecret": each.get("isSecret", each.get("is_secret", False)),
            }
            for each in variables
        ]
        given = {"deploymentId": deployment, "environmentVariables": sent}
        changed: list[dict[str, Any]] = self._mutate(
            astro_mutations.VARIABLES, given, "updateDeploymentVariables", [VARIABLE]
        )
        return changed

    def _mutate(self, document: str, given: Mapping[str, Any], name: str, shape: Any) -> Any:
        return decode(shape, self._ask(document, {"input": given})[name])

    def _options(self) -> dict[str, Any]:
        data = self._ask(astro_queries.CONFIG_OPTIONS, None)
        options: dict[str, Any] = decode(CONFIG_OPTIONS, data["deploymentConfigOptions"])
        return options

    def _clusters(self) -> list[dict[str, Any]]:
        data = self._ask(astro_queries.CLUSTERS, {"organizationId": self.context["organization"]})
        clusters: list[dict[str, Any]] = decode([CLUSTER], data["clusters"])
        return clusters

    def _cluster(self, name: str) -> dict[str, Any]:
        for cluster in self._clusters():
            if cluster["name"] == name:
                return cluster
        raise Refused(f"cluster_name: {name} does not exist in organization")

"""What the `astro` command-line client v1.15.1 does with Workspaces and people (2.9)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.clients.astro import Astro
from tests.clients.astro_documents import Refused
from tests.clients.astro_shapes import MEMBERS, WORKSPACES, decode

PAGE: Final = 100


class People(Astro):
    """An installation of the client that changes Workspaces and who is in them."""

    def workspace_create(self, name: str, *, enforced: bool = False) -> None:
        """`astro workspace create -n NAME`."""
        self._start()
        sent = {"apiKeyOnlyDeploymentsDefault": enforced, "description": "", "name": name}
        self._rest("POST", f"{self._organization_path}/workspaces", sent)

    def workspace_update(self, workspace: str, *, name: str) -> None:
        """`astro workspace update ID -n NAME`."""
        before = self._rest_workspace(workspace)
        sent = {
            "apiKeyOnlyDeploymentsDefault": before["apiKeyOnlyDeploymentsDefault"],
            "description": before["description"],
            "name": name,
        }
        self._rest("POST", f"{self._organization_path}/workspaces/{workspace}", sent)

    def workspace_delete(self, workspace: str) -> None:
        """`astro workspace delete ID`."""
        self._rest_workspace(workspace)
        self._rest("DELETE", f"{self._organization_path}/workspaces/{workspace}")

    def members(self) -> list[dict[str, Any]]:
        """`astro workspace user list`."""
        self._start()
        return self._all_pages(f"{self._workspace_path}/users")

    def people(self) -> list[dict[str, Any]]:
        """`astro organization user list`."""
        self._start()
        return self._all_pages(f"{self._organization_path}/users")

    def member_add(self, email: str, role: str = "WORKSPACE_MEMBER") -> None:
        """`astro workspace user add EMAIL`."""
        user = _identifier(self.people(), email)
        self._rest("POST", f"{self._workspace_path}/users/{user}/role", {"role": role})

    def member_update(self, email: str, role: str) -> None:
        """`astro workspace user update EMAIL --role ROLE`."""
        user = _identifier(self.members(), email)
        self._rest("POST", f"{self._workspace_path}/users/{user}/role", {"role": role})

    def member_remove(self, email: str) -> None:
        """`astro workspace user remove EMAIL`."""
        user = _identifier(self.members(), email)
        self._rest("DELETE", f"{self._workspace_path}/users/{user}")

    def invite(self, email: str) -> None:
        """`astro organization user invite EMAIL`."""
        self._start()
        sent = {"inviteeEmail": email, "role": "ORGANIZATION_MEMBER"}
        self._rest("POST", f"{self._organization_path}/invites", sent)

    # What they share

    @property
    def _organization_path(self) -> str:
        return f"/organizations/{self.context['short_name']}"

    @property
    def _workspace_path(self) -> str:
        return f"{self._organization_path}/workspaces/{self.context['workspace']}"

    def _rest_workspace(self, workspace: str) -> dict[str, Any]:
        self._start()
        page = decode(WORKSPACES, self._rest("GET", f"{self._organization_path}/workspaces"))
        for each in page["workspaces"]:
            if each["id"] == workspace:
                found: dict[str, Any] = each
                return found
        raise Refused("no workspace was found for the ID you provided")

    def _all_pages(self, path: str) -> list[dict[str, Any]]:
        offset, found = 0, []
        while True:
            page = decode(MEMBERS, self._rest("GET", f"{path}?limit={PAGE}&offset={offset}"))
            found += page["users"]
            if page["totalCount"] <= offset:
                return found
            offset += PAGE


def _identifier(users: Sequence[Mapping[str, Any]], email: str) -> str:
    """Empty for who is not there, and sent all the same."""
    return next((each["id"] for each in users if each["username"] == email), "")

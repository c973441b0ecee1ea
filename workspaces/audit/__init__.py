"""The audit log: `audit.record` writes an event, `triggers` make the table append-only, `retention` deletes old ones."""

from workspaces.audit.log import record

__all__ = ["record"]

"""The audit log: `audit.record` writes an event.

`bounds` limits what one may hold, `triggers` make the table append-only, `retention` deletes old ones.
"""

from workspaces.audit.log import record

__all__ = ["record"]

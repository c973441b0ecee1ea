"""Django's PostgreSQL backend with our pool, for "ENGINE": "cloudui.web.postgresql"."""

from typing import Any, Final

from django.db.backends.postgresql import base

from cloudui.web.postgresql.pool import Pool

# How long a server may be silent that a packet was sent to, and how soon an idle connection is asked for a sign of life.
# What the address in the settings says comes first.
PARAMETERS: Final = {
    "connect_timeout": 2,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


class DatabaseWrapper(base.DatabaseWrapper):
    """One thread's connection, from the pool of the process if OPTIONS names one."""

    def get_connection_params(self) -> dict[str, Any]:
        return {**PARAMETERS, **super().get_connection_params()}

    @property
    def pool(self) -> Pool | None:
        """The process's pool, made at the first need."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if not options or self.alias == base.NO_DB_ALIAS:  # type: ignore[attr-defined] # nor is this
            return None
        pools: dict[str, Pool] = self._connection_pools  # type: ignore[attr-defined] # nor is this
        if self.alias not in pools:
            # Django sets autocommit itself later on.
            parameters = {**self.get_connection_params(), "autocommit": True}
            configure = self._configure_connection  # type: ignore[attr-defined] # nor is this
            pools.setdefault(self.alias, Pool(kwargs=parameters, configure=configure, **options))
        return pools[self.alias]

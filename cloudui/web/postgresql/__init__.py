"""Django's PostgreSQL backend with a pool that outlives its server: `base` is the backend, `pool` the pool."""

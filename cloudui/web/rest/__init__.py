"""What all routers of the REST interface share.

`api` makes operations API routes, `schemas` and `errors` are the shapes that all bodies and refusals have, `paging`,
`idempotency` and `parser` how a call is read, `openapi`, `docs` and `guide` the documentation.
"""

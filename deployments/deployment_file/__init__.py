"""Deployments as code: a Deployment as a file, and a file applied to a Deployment (docs/deployments-as-code.md).

`render` writes the file. `reader` and `validation` read one, `diff` says what it would change, `apply` does it in one
transaction, and `sealing` carries it from the page with the preview back to us, unreadable to anybody.
"""

"""Deployments as code: a Deployment as a file, and a file applied to a Deployment (docs/deployments-as-code.md).

`render` writes the file. `reader` and `validation` read one and name every mistake by line and field. `diff` says in
plain words what it would change. `apply` does it in one transaction. `sealing` carries a file from the page with the
preview back to us without anybody being able to read it.
"""

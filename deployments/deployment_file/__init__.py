"""Deployments as code: a Deployment as a file, and a file applied to a Deployment (docs/deployments-as-code.md)."""

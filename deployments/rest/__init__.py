"""The control plane under /v1: what the console does with a Deployment, for programs (design.md 5 and 7).

`api` puts the subjects together, one module each; `schemas` is what goes in and comes out. What is done, and
who may do it, is decided by the same services and access functions as on the pages.
"""

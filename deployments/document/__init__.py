"""Deployments as code: a Deployment as a file, and a file applied to a Deployment (contracts/astro-cli.md 2.2, 2.3).

`rendering` writes the file. `parsing` reads one and names every mistake by line and field. `preview` says in plain
words what it would change. `applying` does it in one transaction. `sealing` carries a file from the page with the
preview back to us without anybody being able to read it.
"""

from deployments.document.applying import DeploymentChanged, Examined, apply, examine
from deployments.document.parsing import Reading, parse, read
from deployments.document.preview import Change, How, preview
from deployments.document.problems import DocumentInvalid, Problem
from deployments.document.rendering import Form, render
from deployments.document.schema import Document

__all__ = [
    "Change",
    "DeploymentChanged",
    "Document",
    "DocumentInvalid",
    "Examined",
    "Form",
    "How",
    "Problem",
    "Reading",
    "apply",
    "examine",
    "parse",
    "preview",
    "read",
    "render",
]

"""URLs that would lead away from this site if one of them were believed (threat T-W9)."""

WAYS_OUT = (
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "https:evil.example",
    "https://evil.example",
    "http://evil.example/",
    "/\tevil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\x00/evil.example",
    " //evil.example",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,x",
    "mailto:x@evil.example",
    "evil.example",
    "https://testserver.evil.example/",
    "https://testserver@evil.example/",
    # Even our own name: what it is would be decided by the Host header.
    "http://testserver/",
)

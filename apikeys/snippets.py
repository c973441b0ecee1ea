"""A fresh key, ready to paste where people use one. The tests run each text (tests/clients).

What is typed into a shell asks for the secret instead of holding it: a shell keeps what was typed in a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Final

from apikeys.credentials import KeySecret
from cloudui.web import shell_lines

# The astro client of 2023 always asks here when its domain is `localhost`; nothing moves that URL.
ASTRO_HOME: Final = "http://localhost:8871"


@dataclass(frozen=True, slots=True)
class Snippet:
    """A text that may hold a secret, kept apart from it until the moment it is shown."""

    name: str
    title: str
    pattern: str
    key_id: str
    secret: KeySecret = field(repr=False)
    public_url: str
    domain: str

    def reveal(self) -> str:
        """The text with the secret in it; call it only where it is shown."""
        return self.pattern.format(
            key_id=self.key_id,
            secret=self.secret.reveal(),
            public_url=self.public_url,
            domain=self.domain,
            ask=shell_lines.ASK_FOR_SECRET,
        )


@dataclass(frozen=True, slots=True)
class Commands:
    """What to type in a shell; the token is left in a variable, so that no history keeps it."""

    name: str
    title: str
    text: str


# Between braces for the reason that `shell_lines.OF_ONE_KEY` gives.
_ASTRO: Final = (
    "astro",
    "astro CLI",
    """
    {{
      {ask}
      export ASTRONOMER_KEY_ID={key_id} ASTRONOMER_KEY_SECRET ASTRO_DOMAIN={domain}
      astro deployment list
    }}
    """,
)
_PATTERNS: Final = (
    (
        "shell",
        "Shell",
        """
        {ask} && export ASTRONOMER_KEY_ID={key_id} ASTRONOMER_KEY_SECRET
        """,
    ),
    (
        "dotenv",
        ".env file",
        """
        ASTRONOMER_KEY_ID={key_id}
        ASTRONOMER_KEY_SECRET={secret}
        """,
    ),
    (
        "github",
        "GitHub Actions",
        """
        # Once, on your machine: store both values as secrets of the repository.
        # The second command asks for the Key Secret.
        gh secret set ASTRONOMER_KEY_ID --body '{key_id}' && gh secret set ASTRONOMER_KEY_SECRET

        # In .github/workflows/deploy.yml, in the job that uses the key:
        env:
          ASTRONOMER_KEY_ID: ${{{{ secrets.ASTRONOMER_KEY_ID }}}}
          ASTRONOMER_KEY_SECRET: ${{{{ secrets.ASTRONOMER_KEY_SECRET }}}}
        """,
    ),
    (
        "circleci",
        "CircleCI",
        """
        # Once: a context with both values. The second line asks for the Key Secret.
        printf '%s' '{key_id}' | circleci context store-secret <organization> cloud-ui ASTRONOMER_KEY_ID
        {ask} && printf '%s' "$ASTRONOMER_KEY_SECRET" | circleci context store-secret <organization> cloud-ui ASTRONOMER_KEY_SECRET

        # In .circleci/config.yml, in the workflow's job that uses the key:
        context:
          - cloud-ui
        """,
    ),
    (
        "curl",
        "curl: get an access token and use it",
        shell_lines.OF_ONE_KEY,
    ),
)


def snippets_for(key_id: str, secret: KeySecret, *, public_url: str, domain: str) -> Sequence[Snippet]:
    """The texts for one key, in the order in which they are offered.

    Args:
        key_id: the public half.
        secret: the private half.
        public_url: the address of the console, without a slash at its end.
        domain: the astro client's, as `astro_domain` gives it; without one there is no text for it.
    """
    return [
        Snippet(
            name=f"snippet-{name}",
            title=title,
            pattern=dedent(pattern).strip("\n"),
            key_id=key_id,
            secret=secret,
            public_url=public_url,
            domain=domain,
        )
        for name, title, pattern in ((_ASTRO, *_PATTERNS) if domain else _PATTERNS)
    ]


def astro_domain(public_url: str, own_domain: str) -> str:
    """What the astro client, as it is published, is to be told as its domain; empty where it cannot come.

    Args:
        public_url: the address of the console.
        own_domain: the setting ASTRO_DOMAIN, or empty.
    """
    return own_domain or ("localhost" if public_url == ASTRO_HOME else "")


def commands_for_token(*, public_url: str, domain: str) -> Sequence[Commands]:
    """What a person does with an access token, in the order in which it is typed; `domain` is the client's, or empty."""
    astro = f"""
        astro login {domain} -t "$TOKEN"
    """
    whoami = f"""
        curl --header "Authorization: Bearer $TOKEN" {public_url}/v1/whoami
    """
    found = [("keep", "Keep it in the shell", "read -rs TOKEN"), ("curl", "curl", whoami)]
    if domain:
        found.append(("astro", "astro CLI", astro))
    return [Commands(f"token-{name}", title, dedent(text).strip("\n ")) for name, title, text in found]

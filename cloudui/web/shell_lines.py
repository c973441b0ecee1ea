"""The lines for a shell that exchange an API key for an access token and leave it in `TOKEN`.

Whatever shows them takes them from here; README and docs/ are compared with them (tests/house/test_docs.py). They
need curl and sed, which every machine has. Except in `OF_ONE_KEY`, `CLOUDUI`, `ASTRONOMER_KEY_ID` and
`ASTRONOMER_KEY_SECRET` are variables of the shell.
"""

from typing import Final

# Prints the token in the answer of the token endpoint.
_TOKEN: Final = r"""sed -n 's/.*"access_token": *"\([^"]*\)".*/\1/p'"""

_EXCHANGE: Final = r"""
curl -sS --fail-with-body "$CLOUDUI/oauth/token" -d grant_type=client_credentials \
  -d client_id="$ASTRONOMER_KEY_ID" -d client_secret="$ASTRONOMER_KEY_SECRET"
""".strip()

# To be typed.
TYPED: Final = rf"""TOKEN=$({_EXCHANGE} \
  | {_TOKEN})"""

# The same, shorter, with HTTP Basic.
WITH_BASIC: Final = rf"""TOKEN=$(curl -sS "$CLOUDUI/oauth/token" -u "$ASTRONOMER_KEY_ID:$ASTRONOMER_KEY_SECRET" \
  -d grant_type=client_credentials | {_TOKEN})"""

# For a pipeline, which ends with the answer in its log if there is no token.
IN_A_PIPELINE: Final = rf"""ANSWER=$({_EXCHANGE}) || {{ echo "$ANSWER"; exit 1; }}
TOKEN=$(echo "$ANSWER" | {_TOKEN})"""

# With {public_url}, {key_id} and {secret} to be filled in.
OF_ONE_KEY: Final = rf"""TOKEN=$(curl --silent --show-error --fail-with-body {{public_url}}/oauth/token \
  --data grant_type=client_credentials \
  --data client_id={{key_id}} \
  --data client_secret={{secret}} \
  | {_TOKEN})"""

"""The lines for a shell that exchange an API key for an access token and leave it in `TOKEN`.

Whatever shows them takes them from here; README and docs/ are compared with them (tests/house/test_docs.py). They
need curl and sed, which every machine has. Except in `OF_ONE_KEY`, `CLOUDUI`, `ASTRONOMER_KEY_ID` and
`ASTRONOMER_KEY_SECRET` are variables of the shell.
"""

from typing import Final

# Prints the token in the answer of the token endpoint, and any other answer to standard error: it says what is wrong.
_TOKEN: Final = r"""sed -n -e 's/.*"access_token": *"\([^"]*\)".*/\1/p' -e t -e 'w /dev/stderr'"""

_EXCHANGE: Final = r"""
curl -sS --fail-with-body "$CLOUDUI/oauth/token" -d grant_type=client_credentials \
  -d client_id="$ASTRONOMER_KEY_ID" -d client_secret="$ASTRONOMER_KEY_SECRET"
""".strip()

# To be typed.
TYPED: Final = rf"""TOKEN=$({_EXCHANGE} \
  | {_TOKEN})"""

# The same, shorter, with HTTP Basic.
WITH_BASIC: Final = rf"""TOKEN=$(curl -sS --fail-with-body "$CLOUDUI/oauth/token" -u "$ASTRONOMER_KEY_ID:$ASTRONOMER_KEY_SECRET" \
  -d grant_type=client_credentials | {_TOKEN})"""

# For a pipeline, which ends with the answer in its log if there is no token.
IN_A_PIPELINE: Final = rf"""ANSWER=$({_EXCHANGE}) || {{ echo "$ANSWER"; exit 1; }}
TOKEN=$(echo "$ANSWER" | {_TOKEN})"""

# Asks for the secret, which is not shown and stays out of the history of the shell; `ASTRONOMER_KEY_SECRET` has it then.
ASK_FOR_SECRET: Final = "printf 'Key secret: ' && read -rs ASTRONOMER_KEY_SECRET"

# With {public_url} and {key_id} to be filled in; shows what the token opens. All of it between braces, because a shell
# reads them to their end first: what is pasted behind `read` would otherwise be taken for the secret.
OF_ONE_KEY: Final = rf"""{{{{
  {ASK_FOR_SECRET}
  TOKEN=$(curl --silent --show-error --fail-with-body {{public_url}}/oauth/token \
    --data grant_type=client_credentials \
    --data client_id={{key_id}} \
    --data client_secret="$ASTRONOMER_KEY_SECRET" \
    | {_TOKEN})
  curl --silent --show-error --fail-with-body {{public_url}}/v1/whoami --header "Authorization: Bearer $TOKEN"
}}}}"""

"""The last net under the logs: whatever looks like a key secret or a token is masked before it is written.

Nothing is meant to log one (OWASP Logging cheat sheet, "Data to exclude"); a library or a traceback might.
"""

import logging
import re

# A key secret (docs/leaked-secrets.md), a code or refresh token (apikeys.tokens.opaque), or a JSON Web Token.
SECRETS = re.compile(r"cui1_[0-9A-Za-z]{8,}|cui[cr]_[\w-]{8,}|eyJ[\w-]{8,}(?:\.[\w-]*){1,2}")


class MaskSecrets(logging.Filter):
    """Replaces secrets in a record's message, arguments and traceback by `***`."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if SECRETS.search(message):
            record.msg, record.args = SECRETS.sub("***", message), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = SECRETS.sub("***", record.exc_text)
        return True

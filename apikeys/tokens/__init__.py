"""From a key secret to an access token, and from an access token to a caller."""

"""The words of OAuth 2 on the wire: RFC 6749, 7009, 7662 and 8414, each function citing its section."""

"""What a query or a mutation may look like. With these limits it costs what the schema admits once, however it is written.

The client sends one operation without aliases and fragments. Without them a field is answered at most once for
each object, so that no query costs more than the client's own.
"""

import functools
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    Source,
    TokenKind,
    parse,
    specified_rules,
    validate,
)
from graphql.language import Lexer
from graphql.validation import ASTValidationRule

# The client's longest query has about 1,700 of them, and about 120 tokens. Comments are no tokens.
MOST_CHARACTERS: Final = 20_000
MOST_TOKENS: Final = 300
MOST_LEVELS: Final = 12

TOO_LONG: Final = "This query is too long."
TOO_DEEP: Final = "This query is nested too deeply."
ONE_OPERATION: Final = "Send one operation without fragments."
NO_ALIASES: Final = "Send the query without aliases."
ONE_CHANGE: Final = "Send one mutation at a time."
NOT_SERVED: Final = "Cloud UI does not serve this command of the astro CLI yet (it asks for {})."

_OPENING: Final = {TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L}
_CLOSING: Final = {TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R}


class NoAliases(ASTValidationRule):
    """Refuses to answer one field under several names."""

    def enter_field(self, node: FieldNode, *_args: Any) -> None:
        """Look at one field."""
        if node.alias is not None:
            self.report_error(GraphQLError(NO_ALIASES))


def read_document(text: str, schema: GraphQLSchema) -> DocumentNode:
    """The query or mutation, ready to be carried out.

    Raises:
        GraphQLError: for what is neither, not within the limits, or asks for what is not there.
    """
    # What stands in a document itself may be a secret, which is not kept. The client sends variables.
    return _read(text, schema) if '"' in text else _remembered(text, schema)


def _read(text: str, schema: GraphQLSchema) -> DocumentNode:
    _measure(text)
    document = parse(text)
    _require_served(document, schema)
    errors = validate(schema, document, (NoAliases, *specified_rules), max_errors=1)
    if errors:
        raise errors[0]
    return document


# The client sends the same few; to parse and check its longest takes longer than to carry it out.
_remembered = functools.lru_cache(maxsize=64)(_read)


def _measure(text: str) -> None:
    """Refuse what is too long or too deep before anything recursive or quadratic reads it."""
    if len(text) > MOST_CHARACTERS:
        raise GraphQLError(TOO_LONG)
    lexer, level = Lexer(Source(text)), 0
    for _ in range(MOST_TOKENS):
        kind = lexer.advance().kind
        if kind is TokenKind.EOF:
            return
        level += (kind in _OPENING) - (kind in _CLOSING)
        if level > MOST_LEVELS:
            raise GraphQLError(TOO_DEEP)
    raise GraphQLError(TOO_LONG)


def _require_served(document: DocumentNode, schema: GraphQLSchema) -> None:
    """Say what is missing in the words of somebody who typed a command, not of somebody who wrote a query."""
    operation = document.definitions[0]
    if len(document.definitions) != 1 or not isinstance(operation, OperationDefinitionNode):
        raise GraphQLError(ONE_OPERATION)
    served = {"__typename"}
    if root := schema.get_root_type(operation.operation):
        served |= root.fields.keys()
    if operation.operation is not OperationType.QUERY and len(operation.selection_set.selections) > 1:
        raise GraphQLError(ONE_CHANGE)
    for field in operation.selection_set.selections:
        if not isinstance(field, FieldNode):
            raise GraphQLError(ONE_OPERATION)
        if field.name.value not in served:
            raise GraphQLError(NOT_SERVED.format(field.name.value))

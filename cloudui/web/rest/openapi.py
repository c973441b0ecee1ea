"""The OpenAPI document: what django-ninja knows, and what every operation has in common."""

import json
from functools import cache
from typing import Any, Final

from django.conf import settings
from ninja import NinjaAPI
from pydantic import BaseModel

from cloudui.web.rest.schemas import Invalid, Problem

TOO_LARGE: Final = "The body is too large: more than 1 MiB, or an archive beyond the store's limits."

# What each operation may answer besides success.
ALWAYS: Final = {
    400: ("The request could not be understood.", Problem),
    401: ("There is no access token, or it is not valid.", Problem),
    403: ("The caller may not do this; the description says why.", Problem),
    404: ("There is no such thing, or none that the caller may see.", Problem),
    405: ("The address does not have this method.", Problem),
    422: ("What was sent is not valid; each of the fields says why.", Invalid),
    500: ("A fault of ours; the log has it under X-Request-Id.", Problem),
    503: ("Not now. Try again in a few seconds.", Problem),
}
CHANGING: Final = {
    409: ("It was changed meanwhile, is being changed, or is not in the state for it.", Problem),
    429: ("Too many changes in a minute or day; Retry-After says how long to wait.", Problem),
}
WITH_BODY: Final = {
    411: ("The request has no Content-Length.", Problem),
    413: (TOO_LARGE, Problem),
    415: ("The body is of another content type.", Problem),
}


@cache
def document(api: NinjaAPI) -> dict[str, Any]:
    """The document of an interface, the same for everybody."""
    made: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/v1")))
    made["servers"] = [{"url": settings.PUBLIC_URL}]
    made["security"] = [{"bearer": []}]
    components = made["components"]
    components["securitySchemes"] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token, from /oauth/token for an API key or from /token for a person.",
        }
    }
    _add_schemas(components["schemas"], Problem, Invalid)
    for operations in made["paths"].values():
        for method, operation in operations.items():
            _add_errors(method, operation)
    return made


def _add_schemas(schemas: dict[str, Any], *models: type[BaseModel]) -> None:
    for model in models:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema


def _add_errors(method: str, operation: dict[str, Any]) -> None:
    errors = dict(ALWAYS)
    if method != "get":
        errors.update(CHANGING)
    if "requestBody" in operation:
        errors.update(WITH_BODY)
    for status, (description, model) in sorted(errors.items()):
        schema = {"$ref": f"#/components/schemas/{model.__name__}"}
        operation["responses"][str(status)] = {
            "description": description,
            "content": {"application/json": {"schema": schema}},
        }

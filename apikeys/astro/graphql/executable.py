"""The schema with what carries it out."""

from pathlib import Path
from typing import Final

from ariadne import load_schema_from_path, make_executable_schema

from apikeys.astro.graphql import resolvers
from apikeys.astro.graphql.deploys import deploys
from apikeys.astro.graphql.mutations import mutation

FOLDER: Final = Path(__file__).parent

schema: Final = make_executable_schema(
    load_schema_from_path(FOLDER),
    resolvers.query,
    mutation,
    deploys,
    resolvers.identifier,
    resolvers.moment,
    resolvers.anything,
    *resolvers.types.values(),
    convert_names_case=True,
)

"""Where static files are found: WhiteNoise's storage, which looks each URL up once."""

import functools

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc] # published without types
    """Files under names with a digest of their content.

    A list of 25 rows names an icon about a hundred times, and working out each URL anew took a sixth of the page's
    time (docs/performance.md). What is served changes only with a restart.
    """

    @functools.lru_cache(maxsize=1024)  # noqa: B019 - there is one storage, as long as the process
    def url(self, name: str, *options: object) -> str:
        url: str = super().url(name, *options)
        return url

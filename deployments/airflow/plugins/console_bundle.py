"""The DAGs of a Deployment of Cloud UI as a bundle of Airflow 3 that knows versions: a run keeps its own.

Airflow imports this; it needs nothing of Cloud UI but a folder such as this:

    <root>/current -> versions/<version>
    <root>/versions/<version>/...

    AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST='[{"name": "console", "classpath": "console_bundle.ConsoleDagBundle",
        "kwargs": {"root": "/dags/bright-comet-1234", "empty": "/some/empty/folder", "refresh_interval": 5}}]'
"""

from pathlib import Path
from typing import Any

from airflow.dag_processing.bundles.base import BaseDagBundle, BundleVersion


class ConsoleDagBundle(BaseDagBundle):
    """What was deployed last, or the version of the run; `empty` is read before the first deploy."""

    supports_versioning = True

    def __init__(self, *, root: str, empty: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._root = Path(root)
        self._empty = Path(empty)
        self._current = self._read_current()

    @property
    def path(self) -> Path:
        version = self.version or self._current
        return self._root / "versions" / version if version else self._empty

    def get_current_version(self) -> BundleVersion | None:
        # Airflow compares it before and after `refresh`, so it changes there and nowhere else.
        version = self.version or self._current
        return BundleVersion(version=version) if version else None

    def refresh(self) -> None:
        self._current = self._read_current()

    def _read_current(self) -> str:
        try:
            return (self._root / "current").readlink().name
        except OSError:
            return ""

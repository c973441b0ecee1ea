"""Whether the keys belong to this database, asked when a server starts and before a key file is made.

A server that starts with another installation's keys would refuse every genuine secret and could write
values that nobody can read later. It must not start.
"""

import hashlib
import hmac
import logging
import os
import threading
import time

from django.core.exceptions import ImproperlyConfigured
from django.db import Error, connection, connections, transaction

from cloudui.web import databases
from cloudui.web.keyring import FILE_NAME, PURPOSES, VARIABLE, NoKeys, keyring
from cloudui.web.models import KeyCheck

# How often a server that started without its database looks for it.
RETRY_SECONDS = 1.0

# By purpose and version.
Digests = dict[tuple[str, int], str]

logger = logging.getLogger(__name__)


class ForeignKeyFile(ImproperlyConfigured):
    """The keys are not the ones this database was used with."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            f"The key file does not belong to this database: {detail} "
            f"Put back the {FILE_NAME} (or {VARIABLE}) that was used with this database, "
            "or use the database that belongs to these keys."
        )


class DatabaseNotPrepared(ImproperlyConfigured):
    """The database has no tables yet."""

    def __init__(self) -> None:
        super().__init__("The database has not been prepared. Run: python manage.py prepare")


def may_create_keys() -> bool:
    """Whether no key was ever used with this database, so that new ones harm nothing."""
    return not (_is_prepared() and KeyCheck.objects.exists())


def verify_in_time() -> None:
    """The same when a server starts, or as soon as its database can be used: until then all it can do is say so.

    Raises as `verify_or_register`. Later there is nobody to raise it to, and the process ends.
    """
    if not _is_verified():
        threading.Thread(target=_verify_later, name="keycheck", daemon=True).start()


def _verify_later() -> None:
    try:
        while not _is_verified():
            time.sleep(RETRY_SECONDS)
    except Exception:
        logger.exception("This server must not run")
        os._exit(1)


def _is_verified() -> bool:
    """Whether that could be found out. Raises what `verify_or_register` does."""
    try:
        verify_or_register()
    except Error as error:
        if not databases.is_unavailable(error):
            raise
        databases.report(error)
        return False
    finally:
        # This thread serves no request, so it must not keep a connection that one could use.
        connections.close_all()
    return True


def verify_or_register() -> None:
    """Compare the keys with their traces in the database as `verify` does, and leave traces of new versions.

    Call it before anything is written with the newest keys.
    """
    keys, known = verify()
    if keys.keys() - known.keys():
        _register(keys)


def verify() -> tuple[Digests, Digests]:
    """Compare the keys with their traces in the database.

    Returns what traces of the keys look like, and the traces that there are.

    An older version that was taken out of the keys is no error: that is how a leaked key is retired. The newest
    one of each purpose must be there, or the keys are from before a rotation and lack what the latest secrets and
    values were made with.

    Raises:
        DatabaseNotPrepared: if the tables are missing.
        ForeignKeyFile: if the keys are missing, or older or others than those this database was used with.
        NoKeys: if neither the database nor the installation has seen a key yet.
        KeyFileError: if the keys are malformed or readable by others.
    """
    if not _is_prepared():
        raise DatabaseNotPrepared
    known = _known()
    keys = _digests(is_fresh=not known)
    _compare(keys, known)
    return keys, known


def _is_prepared() -> bool:
    return KeyCheck._meta.db_table in connection.introspection.table_names()


def _known() -> Digests:
    return {(row.purpose, row.version): row.digest for row in KeyCheck.objects.all()}


def _digests(*, is_fresh: bool) -> Digests:
    try:
        return {
            (purpose, version): hmac.new(key, b"check", hashlib.sha256).hexdigest()
            for purpose in PURPOSES
            for version, key in keyring.versions(purpose).items()
        }
    except NoKeys as error:
        if is_fresh:
            raise
        raise ForeignKeyFile("it is missing.") from error


def _register(keys: Digests) -> None:
    rows = [
        KeyCheck(purpose=purpose, version=version, digest=digest)
        for (purpose, version), digest in keys.items()
    ]
    with transaction.atomic():
        KeyCheck.objects.bulk_create(rows, ignore_conflicts=True)
        # Another process may have been first, and perhaps with other keys.
        _compare(keys, _known())


def _compare(keys: Digests, known: Digests) -> None:
    matched = set()
    for purpose, version in keys.keys() & known.keys():
        if not hmac.compare_digest(keys[purpose, version], known[purpose, version]):
            raise ForeignKeyFile(f"version {version} of the {purpose} key is a different one.")
        matched.add(purpose)
    # The highest version of a purpose comes last.
    newest = dict(sorted(known))
    for purpose, version in newest.items():
        if purpose not in matched:
            raise ForeignKeyFile(f"it holds no version of the {purpose} key that was used here.")
        if (purpose, version) not in keys:
            raise ForeignKeyFile(f"it is older and lacks version {version} of the {purpose} key.")

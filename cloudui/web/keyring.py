"""The installation's keys: made once, kept outside the database, each in numbered versions.

They come from the variable `CLOUDUI_KEYS` or, without it, from one file `keys.json` in the data directory:

    {"mac": {"1": "<32 bytes, base64>"}, "pepper": {...}, "fingerprint": {...}, "field": {...}, "django": {...}}

The highest version of a purpose is the current one; older ones stay for what was made with them. The settings
read the keys before Django is ready, so nothing here needs Django to be set up.
"""

import base64
import contextlib
import fcntl
import json
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

# What each key is for: the tag in a key secret, the HMAC below argon2, the look-up of a leaked secret,
# encrypted columns, and Django's SECRET_KEY.
PURPOSES: Final = ("mac", "pepper", "fingerprint", "field", "django")
KEY_BYTES: Final = 32
# A key secret names the version of its MAC key in one base-62 character, and "0" is left free.
HIGHEST_VERSION: Final = 61
FILE_NAME: Final = "keys.json"
VARIABLE: Final = "CLOUDUI_KEYS"

Keys = dict[str, dict[int, bytes]]


class KeyFileError(ImproperlyConfigured):
    """The keys are missing, malformed or readable by others; the message says what to do."""


class NoKeys(KeyFileError):
    """There are no keys at all: this installation has not been prepared, or has lost them."""

    def __init__(self) -> None:
        super().__init__("There are no keys. Run: python manage.py prepare")


class Keyring:
    """The keys of this process, read at first use and then kept."""

    def __init__(self, source: Callable[[], Keys]) -> None:
        self._source = source
        self._keys: Keys | None = None

    def current(self, purpose: str) -> tuple[int, bytes]:
        """The newest version of a purpose and its 32 bytes, for new things; NoKeys if there are none."""
        versions = self.versions(purpose)
        newest = max(versions)
        return newest, versions[newest]

    def get(self, purpose: str, version: int) -> bytes:
        """The 32 bytes of one version, for what was made with it; KeyFileError if the keys do not hold it."""
        try:
            return self.versions(purpose)[version]
        except KeyError:
            raise KeyFileError(
                f"The keys hold no version {version} of the {purpose} key. Something in the database was made "
                f"with it: put that version back into {FILE_NAME} or {VARIABLE}."
            ) from None

    def versions(self, purpose: str) -> dict[int, bytes]:
        """Every version of a purpose, oldest first; NoKeys if this installation has no keys yet."""
        # Another thread may drop them meanwhile.
        keys = self._keys
        if keys is None:
            keys = self._keys = self._source() or None
        if keys is None:
            raise NoKeys
        return keys[purpose]

    def reload(self) -> None:
        """Drop the keys, so that the next use reads them again."""
        self._keys = None


def read_keys(data_dir: Path, env_value: str) -> Keys:
    """The versions of every purpose, oldest first; empty when there is neither `CLOUDUI_KEYS` (`env_value`) nor a file.

    Raises KeyFileError if other users can read the file, or the content is not what is expected.
    """
    if env_value:
        return _parse(env_value, source=VARIABLE)
    path = data_dir / FILE_NAME
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            mode, text = os.fstat(file.fileno()).st_mode, file.read()
    except FileNotFoundError:
        return {}
    except PermissionError as error:
        raise KeyFileError(
            f"{path} cannot be read: {error.strerror}. It must belong to the user that Cloud UI runs as."
        ) from error
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}.") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileError(f"{path} can be read by other users of this machine. Run: chmod 600 {path}")
    return _parse(text, source=str(path))


def ensure(data_dir: Path, env_value: str = "") -> Keys:
    """Make the key file unless there are keys already. Two processes that do so at once agree on one file.

    Call it only when `cloudui.web.keycheck.may_create_keys()` agrees: a second key file would make everything
    in an existing database unreadable.
    """
    if env_value:
        return read_keys(data_dir, env_value)
    with _sole_writer(data_dir):
        if not (data_dir / FILE_NAME).exists():
            _write(data_dir, {purpose: {1: secrets.token_bytes(KEY_BYTES)} for purpose in PURPOSES})
    keyring.reload()
    return read_keys(data_dir, env_value)


def add_version(data_dir: Path, purpose: str) -> int:
    """Add a fresh version of one purpose to the key file and return its number.

    Processes that run already keep the keys they have read: restart all of them together.
    Raises NoKeys if there is no key file, KeyFileError if the numbers are used up.
    """
    with _sole_writer(data_dir):
        keys = read_keys(data_dir, "")
        if not keys:
            raise NoKeys
        version = max(keys[purpose]) + 1
        if version > HIGHEST_VERSION:
            raise KeyFileError(f"The {purpose} key has reached its last version, {HIGHEST_VERSION}.")
        keys[purpose][version] = secrets.token_bytes(KEY_BYTES)
        _write(data_dir, keys)
    keyring.reload()
    return version


def _parse(text: str, *, source: str) -> Keys:
    try:
        document = json.loads(text)
    except ValueError:
        raise KeyFileError(f"{source} is not JSON.") from None
    if not isinstance(document, dict):
        raise KeyFileError(
            f"{source} must be a JSON object with one entry for each of {', '.join(PURPOSES)}."
        )
    for purpose in document:
        if purpose not in PURPOSES:
            raise KeyFileError(f"{source} holds a key for an unknown purpose, {purpose!r}.")
    keys = {purpose: _versions(document.get(purpose), purpose, source=source) for purpose in PURPOSES}
    every = [key for versions in keys.values() for key in versions.values()]
    if len(set(every)) != len(every):
        raise KeyFileError(f"{source} holds the same key twice. Each version of each purpose needs its own.")
    return keys


def _versions(entry: object, purpose: str, *, source: str) -> dict[int, bytes]:
    if not isinstance(entry, dict) or not entry:
        raise KeyFileError(f"{source} has no {purpose} key. Restore it from your backup of the keys.")
    versions = {}
    for number, encoded in entry.items():
        if not (number.isdecimal() and number.isascii() and 1 <= int(number) <= HIGHEST_VERSION):
            raise KeyFileError(f"{source}: a version of the {purpose} key is not a number from 1 to 61.")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (TypeError, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            raise KeyFileError(f"{source}: version {number} of the {purpose} key is not 32 bytes in base64.")
        versions[int(number)] = key
    return dict(sorted(versions.items()))


@contextlib.contextmanager
def _sole_writer(data_dir: Path) -> Iterator[None]:
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(data_dir / f"{FILE_NAME}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(data_dir: Path, keys: Keys) -> None:
    document = {
        purpose: {str(version): base64.b64encode(key).decode() for version, key in versions.items()}
        for purpose, versions in keys.items()
    }
    path, temporary = data_dir / FILE_NAME, data_dir / f".{FILE_NAME}.{secrets.token_hex(8)}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=2)
            file.write("\n")
            file.flush()
            # Written by root, it stays the file of the user that the server runs as.
            if path.exists() and (owner := path.stat()).st_uid != os.geteuid():
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
            os.fsync(descriptor)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    directory = os.open(data_dir, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _from_settings() -> Keys:
    return read_keys(settings.DATA_DIR, settings.CLOUDUI_KEYS)


keyring = Keyring(_from_settings)

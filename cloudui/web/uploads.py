"""How much a page takes in files. It is decided before the first byte is read.

Django reads a form whole, its files into memory or a temporary file, as soon as anything asks for a field of it.
The check against forged requests asks first, for anybody and before the view. So without this, any visitor
could fill the disk of the server by any form, the one for signing in included.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, wraps
from typing import IO, Any, Final, TypeVar

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import (
    FileUploadHandler,
    MemoryFileUploadHandler,
    StopUpload,
)
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from cloudui.web import bodies, disk, errors
from cloudui.web.disk import NoSpace, Space

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

# What a form needs besides its file: boundaries, names, a description.
ENVELOPE_BYTES: Final = 64 * 1024


def takes_files(
    *, most_bytes: int, admit: Callable[..., object], require_space: Callable[[], object] = lambda: None
) -> Callable[[View], View]:
    """Let a page take a form with files of up to `most_bytes` in all, from people whom the page admits.

    They go to a temporary file without a name, not into memory. Other pages, and this one from anybody else, take
    what Django would keep in memory of a form (`DATA_UPLOAD_MAX_MEMORY_SIZE`). A file that is too much does not reach
    the view, which finds out by `was_too_large`; one that the disk has no space for is answered with 507.

    `admit` is called as the view is, for a person who is signed in, and raises Http404 or PermissionDenied for one who
    may not use the page; the view decides again. `require_space` raises NoSpace where there is none for what the view
    makes of the files.
    """

    def mark(view: View) -> View:
        @wraps(view)
        def stored(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            _require_stored(request)
            return view(request, *args, **kwargs)

        stored.most_file_bytes = most_bytes  # type: ignore[attr-defined]
        stored.admit = admit  # type: ignore[attr-defined]
        stored.require_space = require_space  # type: ignore[attr-defined]
        return stored  # type: ignore[return-value]

    return mark


def was_too_large(request: HttpRequest) -> bool:
    """Whether a file was left out because it was more than the page takes."""
    return any(getattr(handler, "is_too_large", False) for handler in request.upload_handlers)


class UploadForm(forms.Form):
    """A form with a file, which may have been left out for its size, with all that followed it in the form."""

    def __init__(self, *args: Any, was_too_large: bool = False, **kwargs: Any) -> None:
        """Take what a Form takes, and what the function `was_too_large` says of the request."""
        super().__init__(*args, **kwargs)
        self.was_too_large = was_too_large


class UploadLimitMiddleware:
    """Limits each form with files, before anything reads it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., Any],
        view_args: object,
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        if request.method != "POST":
            return None
        most_bytes = getattr(view_func, "most_file_bytes", 0)
        handler: FileUploadHandler
        try:
            if most_bytes and request.user.is_authenticated and _admits(view_func, request, view_kwargs):
                # The form as it comes, and its files.
                bodies.admit(
                    request,
                    most_bytes=most_bytes + ENVELOPE_BYTES,
                    copies=2,
                    require_space=view_func.require_space,  # type: ignore[attr-defined]
                )
                handler = _OnDisk(request, most_bytes)
            else:
                handler = _InMemory(request, settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0)
        except NoSpace as error:
            return errors.no_space(request, error)
        request.upload_handlers = [handler]
        return None


def _admits(view: Any, request: HttpRequest, arguments: dict[str, Any]) -> bool:
    try:
        view.admit(request, **arguments)
    except (Http404, PermissionDenied):
        return False
    return True


class _Limited(FileUploadHandler):
    """Leaves a file out, and reads over it, if the form says that it is longer than what is taken."""

    def __init__(self, request: HttpRequest, most_bytes: int) -> None:
        super().__init__(request)
        # Django reads no further than this header says.
        length = request.META.get("CONTENT_LENGTH") or "0"
        self.is_too_large = not length.isdecimal() or int(length) > most_bytes + ENVELOPE_BYTES

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        if self.is_too_large:
            raise StopUpload(connection_reset=False)
        super().new_file(*args, **kwargs)


class _OnDisk(_Limited):
    """Writes files into space that is reserved for them. They have no names, so a server that is killed leaves none."""

    file: IO[bytes]
    error: NoSpace | None = None

    def __init__(self, request: HttpRequest, most_bytes: int) -> None:
        super().__init__(request, most_bytes)
        self._head = request.META

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        with self._refusing():
            self.file = tempfile.TemporaryFile(dir=bodies.place())  # noqa: SIM115 - the request closes it

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        with self._refusing():
            self._space.use(len(raw_data))
            self.file.write(raw_data)

    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        with self._refusing():
            self.file.seek(0)
        return UploadedFile(
            self.file, self.file_name, self.content_type, file_size, self.charset, self.content_type_extra
        )

    def upload_complete(self) -> None:
        if "_space" in self.__dict__ and self._head.get(bodies.SPACE) is None:
            self._space.release()

    @cached_property
    def _space(self) -> Space:
        """What the server has reserved while it took the form in; it has not where the form came in memory."""
        reserved: Space | None = self._head.get(bodies.SPACE)
        return reserved or disk.reserve(bodies.place(), int(self._head["CONTENT_LENGTH"]))

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Read over the rest. The check against forged requests reads the form, and could not answer; the view can."""
        try:
            yield
        except (NoSpace, OSError) as error:
            if isinstance(error, OSError) and error.errno not in disk.FULL:
                raise
            self.error = error if isinstance(error, NoSpace) else NoSpace()
            raise StopUpload(connection_reset=False) from error


class _InMemory(_Limited, MemoryFileUploadHandler):
    pass


def _require_stored(request: HttpRequest) -> None:
    """Have the files of the form kept, if they may be; raises NoSpace where they are not."""
    handlers = [handler for handler in request.upload_handlers if isinstance(handler, _OnDisk)]
    # Mostly it is read already.
    if handlers and request.FILES is not None:
        for handler in handlers:
            if handler.error:
                raise handler.error

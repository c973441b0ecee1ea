"""The value of a variable as it is kept, whichever way it came in."""

from django.views.decorators.debug import sensitive_variables


@sensitive_variables()
def clean_value(text: str) -> str:
    r"""The value with \n at the end of lines (\r\n breaks private keys) and without white space at its own end.

    Nobody sees that, and it breaks programs; several lines keep one final \n, without which OpenSSH reads no key.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = text.rstrip()
    return f"{kept}\n" if "\n" in kept and "\n" in text[len(kept) :] else kept

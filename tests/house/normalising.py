"""An answer without what differs between two runs of the same code: random values, times, white space of templates."""

import re
from collections import Counter
from typing import Final

# Each value becomes the name of its kind and a number, so that the same value still is the same one.
RANDOM: Final = re.compile(
    "|".join(
        f"(?P<{kind}>(?<![0-9A-Za-z])(?:{pattern})(?![0-9A-Za-z]))"
        for kind, pattern in {
            # First what may have a hyphen inside, behind which another kind could begin.
            "kid": r'(?<="kid": ")[\w-]{16}',
            "public": r'(?<="x": ")[\w-]{43}',
            "secret": r"cui1_[0-9A-Za-z]{55}",
            "token": r"eyJ[\w-]+\.[\w-]+\.[\w-]+",
            "sealed": r"[\w-]{150,}=*",
            # Of hexadecimal digits only, it is a checksum, which says what a file holds.
            "csrf": r"(?=[0-9a-z]*[A-Z])[0-9A-Za-z]{64}",
            "key": r"[0-9A-Za-z]{32}",
            "id": r"c[0-9a-z]{24}",
            "release": r"[a-z]+-[a-z]+-\d{4}",
        }.items()
    )
)

ISO: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|\+00:00)?)?")
TIMES: Final = {
    re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"): "[time of a header]",
    re.compile(r"\b\d{1,2} [A-Z][a-z]{2,8} \d{4}, \d\d:\d\d"): "[time]",
    re.compile(r"\b\d{1,2} [A-Z][a-z]{2,8} \d{4}\b"): "[date]",
    re.compile(
        r"\b[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}, (?:\d{1,2}(?::\d\d)? [ap]\.m\.|noon|midnight)"
    ): "[time of the admin site]",
    re.compile(r"\b[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}\b"): "[date of the admin site]",
    re.compile(r"(?:now|(?:a|\d+)\s(?:second|minute)s?\sago)(?=\s*</time>)"): "[lately]",
    re.compile(r'(?<="(?:exp|iat|nbf)": )\d{10}\b'): "[seconds]",
}

PRESERVED: Final = re.compile(r"(<(?:pre|textarea)\b.*?</(?:pre|textarea)>)", re.DOTALL)

# The admin site lists keys by their identifiers, so that their order is as random.
ROW: Final = re.compile(r'<tr><td class="action-checkbox">.*?</tr>\s*', re.DOTALL)
ROWS: Final = re.compile(rf"(?:{ROW.pattern})+", re.DOTALL)


def normalise(text: str, *, is_html: bool = False) -> str:
    """The same text for every run; that of a page has one tag a line."""
    if is_html:
        text = _without_indentation(ROWS.sub(_in_order, text))
    return _without_times(_with_numbers(text))


def normalise_headers(headers: dict[str, str], *, besides: frozenset[str]) -> str:
    """The headers, one a line, by name."""
    lines = []
    for name, value in sorted(headers.items()):
        if name in besides:
            continue
        if name == "Content-Security-Policy":
            # django-csp keeps the directives in a set.
            value = "; ".join(sorted(value.split("; ")))  # noqa: PLW2901
        lines.append(f"{name}: {value}")
    return normalise("\n".join(lines))


def _with_numbers(text: str) -> str:
    names: dict[str, str] = {}
    kinds: Counter[str] = Counter()

    def name(match: re.Match[str]) -> str:
        kind = str(match.lastgroup)
        if match[0] not in names:
            kinds[kind] += 1
            names[match[0]] = f"[{kind} {kinds[kind]}]"
        return names[match[0]]

    return RANDOM.sub(name, text)


def _without_times(text: str) -> str:
    # Its digits are gone, its form stays.
    text = ISO.sub(lambda match: re.sub(r"\d", "0", match[0]), text)
    for pattern, name in TIMES.items():
        text = pattern.sub(name, text)
    return text


def _without_indentation(text: str) -> str:
    parts = PRESERVED.split(text)
    for place in range(0, len(parts), 2):
        collapsed = re.sub(r"[ \t\r\n\f]+", " ", parts[place])
        parts[place] = re.sub(r"(^|>) ?(?=<|$)", r"\1\n", collapsed)
    return "".join(parts).strip()


def _in_order(rows: re.Match[str]) -> str:
    return "".join(sorted(ROW.findall(rows[0]), key=lambda row: RANDOM.sub("", row)))

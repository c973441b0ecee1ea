"""Two answers that say the same are the same text once they are normalised, and others are not."""

import pytest

from tests.house.normalising import normalise, normalise_headers

ID, OTHER_ID = "c" + "1a" * 12, "c" + "2b" * 12
KEY, OTHER_KEY = "aB3d" * 8, "zY9x" * 8


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"/{ID}/keys/{KEY}", f"/{OTHER_ID}/keys/{OTHER_KEY}"),
        ("cui1_" + "a1B2c" * 11, "cui1_" + "Z9y8X" * 11),
        ("eyJhb-_1.eyJpc3.c2ln", "eyJhbG2.eyJpc4.c2lh"),
        ('"x": "' + f"5-{KEY}-JiJz7xgU", '"x": "' + f"{KEY}5-JiJz7xgUo"),
        ('value="' + "aB3d" * 16, 'value="' + "zY9x" * 16),
        ("bright-comet-1234.yaml", "calm-star-9876.yaml"),
        ('"at": "2026-12-01T12:04:12.710974+00:00"', '"at": "2027-02-03T04:05:06.123456+00:00"'),
        ("1 December 2026, 12:04 UTC", "30 May 2027, 00:00 UTC"),
        ("Dec. 1, 2026, 12:04 p.m.", "May 31, 2027, noon"),
        ("<time>now</time>", "<time>4\N{NO-BREAK SPACE}seconds ago</time>"),
        ("<ul>\n  <li>One\n  two</li>\n</ul>", "<ul><li>One two</li>\n\n</ul>"),
        ('<a class="x"\n   href="/">x</a>', '<a class="x" href="/">x</a>'),
    ],
)
def test_what_varies_is_no_difference(one, other):
    assert normalise(one, is_html=True) == normalise(other, is_html=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{ID} {ID}", f"{ID} {OTHER_ID}"),
        (ID, KEY),
        ("2026-12-01T12:04:12Z", "2026-12-01T12:04:12.710Z"),
        ("<time>now</time>", "<time>an hour from now</time>"),
        ("<b>One</b> two", "<b>One</b>two"),
        ("<pre>a\n  b</pre>", "<pre>a\nb</pre>"),
        ("a" * 64, "b" * 64),
    ],
)
def test_what_is_said_is_a_difference(one, other):
    assert normalise(one, is_html=True) != normalise(other, is_html=True)


def test_random_order_of_keys_in_the_admin_site_is_no_difference():
    rows = [
        f'<tr><td class="action-checkbox">{key}</td><td>{name}</td></tr>'
        for key, name in ((KEY, "A"), (OTHER_KEY, "B"))
    ]

    assert normalise("".join(rows), is_html=True) == normalise("".join(reversed(rows)), is_html=True)


def test_headers_are_in_order():
    policy = {"Content-Security-Policy": "img-src 'self'; default-src 'none'", "Allow": "GET", "X": ID}

    lines = normalise_headers(policy, besides=frozenset({"X"}))

    assert lines == "Allow: GET\nContent-Security-Policy: default-src 'none'; img-src 'self'"

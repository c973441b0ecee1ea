"""Which characters of a text can be seen, so that two names that differ also look different (threat T-W6).

Control, format, private and unassigned characters have no shape, and neither has what Unicode calls default-ignorable.
Some are right beside certain others all the same: emoji and several scripts are written with them.
"""

import re
import unicodedata
from collections.abc import Collection
from typing import Final

import idna

NON_JOINER: Final = "\u200c"
JOINER: Final = "\u200d"
TEXT_STYLE: Final = "\ufe0e"
EMOJI_STYLE: Final = "\ufe0f"

# Unicode 17.0, DerivedCoreProperties.txt, Default_Ignorable_Code_Point. `unicodedata` does not have it.
_IGNORABLE: Final = """
AD 34F 61C 115F-1160 17B4-17B5 180B-180F 200B-200F 202A-202E 2060-206F 3164 FE00-FE0F FEFF FFA0 FFF0-FFF8
1BCA0-1BCA3 1D173-1D17A E0000-E0FFF
"""
# Blank, or a box in the place of something else, although Unicode calls them letters, marks or symbols.
_BLANK: Final = "2800 FFFC 13441-13442 16FE4 1D159"
# Unicode 17.0, emoji-data.txt: Emoji with Emoji_Presentation, which are pictures by themselves.
_PICTURES: Final = """
231A-231B 23E9-23EC 23F0 23F3 25FD-25FE 2614-2615 2648-2653 267F 2693 26A1 26AA-26AB 26BD-26BE 26C4-26C5
26CE 26D4 26EA 26F2-26F3 26F5 26FA 26FD 2705 270A-270B 2728 274C 274E 2753-2755 2757 2795-2797 27B0 27BF
2B1B-2B1C 2B50 2B55 1F004 1F0CF 1F18E 1F191-1F19A 1F1E6-1F1FF 1F201 1F21A 1F22F 1F232-1F236 1F238-1F23A
1F250-1F251 1F300-1F320 1F32D-1F335 1F337-1F37C 1F37E-1F393 1F3A0-1F3CA 1F3CF-1F3D3 1F3E0-1F3F0 1F3F4
1F3F8-1F43E 1F440 1F442-1F4FC 1F4FF-1F53D 1F54B-1F54E 1F550-1F567 1F57A 1F595-1F596 1F5A4 1F5FB-1F64F
1F680-1F6C5 1F6CC 1F6D0-1F6D2 1F6D5-1F6D9 1F6DC-1F6DF 1F6EB-1F6EC 1F6F4-1F6FC 1F7E0-1F7EB 1F7F0
1F90C-1F93A 1F93C-1F945 1F947-1F9FF 1FA70-1FA7C 1FA80-1FAC6 1FAC8 1FACC-1FADD 1FADF-1FAEB 1FAEF-1FAFA
"""
# The same file: Emoji without Emoji_Presentation, besides digits, # and *. A variation selector makes pictures of them.
_SIGNS: Final = """
A9 AE 203C 2049 2122 2139 2194-2199 21A9-21AA 2328 23CF 23ED-23EF 23F1-23F2 23F8-23FA 24C2 25AA-25AB
25B6 25C0 25FB-25FC 2600-2604 260E 2611 2618 261D 2620 2622-2623 2626 262A 262E-262F 2638-263A 2640 2642
265F-2660 2663 2665-2666 2668 267B 267E 2692 2694-2697 2699 269B-269C 26A0 26A7 26B0-26B1 26C8 26CF 26D1
26D3 26E9 26F0-26F1 26F4 26F7-26F9 2702 2708-2709 270C-270D 270F 2712 2714 2716 271D 2721 2733-2734 2744
2747 2763-2764 27A1 2934-2935 2B05-2B07 3030 303D 3297 3299 1F170-1F171 1F17E-1F17F 1F202 1F237 1F321
1F324-1F32C 1F336 1F37D 1F396-1F397 1F399-1F39B 1F39E-1F39F 1F3CB-1F3CE 1F3D4-1F3DF 1F3F3 1F3F5 1F3F7
1F43F 1F441 1F4FD 1F549-1F54A 1F56F-1F570 1F573-1F579 1F587 1F58A-1F58D 1F590 1F5A5 1F5A8 1F5B1-1F5B2
1F5BC 1F5C2-1F5C4 1F5D1-1F5D3 1F5DC-1F5DE 1F5E1 1F5E3 1F5E8 1F5EF 1F5F3 1F5FA 1F6CB 1F6CD-1F6CF
1F6E0-1F6E5 1F6E9 1F6F0 1F6F3
"""
# Unicode 17.0, emoji-zwj-sequences.txt: what stands before a joiner in one of them, and what behind it. Between any
# other two the joiner does nothing, and nobody sees it.
_JOINED: Final = (
    ("👨👩🧑", "⚕⚖✈🌾🍳🍼🎓🎤🎨🏫🏭💻💼🔧🔬🚀🚒🦯🦰🦱🦲🦳🦼🦽❤🤝🐰🫯"),
    ("👨👩", "👦👧👩"),
    ("👨", "👨"),
    ("🧑", "🎄🧒🩰🧑"),
    ("👦👧", "👦"),
    ("👧", "👧"),
    ("🧒", "🧒"),
    ("❤", "👨👩🧑💋🔥🩹"),
    ("💋🤝🐰🫯", "👨👩🧑"),
    ("🫱", "🫲"),
    (
        "⛹🏃🏄🏊🏋🏌👮👯👰👱👳👷💁💂💆💇🕵🙅🙆🙇🙋🙍🙎🚣🚴🚵🚶🤦🤵🤷🤸🤹🤼🤽🤾🦸🦹🧍🧎🧏🧔🧖🧗🧘🧙🧚🧛🧜🧝🧞🧟",
        "♀♂",
    ),
    ("🏃🚶🧎🦯🦼🦽♀♂", "➡"),
    ("🏳", "⚧🌈"),
    ("🏴", "☠"),
    ("🐈🐦", "⬛"),
    ("🐦", "🔥"),
    ("🐕", "🦺"),
    ("🐻", "❄"),
    ("👁", "🗨"),
    ("😮", "💨"),
    ("😵", "💫"),
    ("😶", "🌫"),
    ("🙂", "↔↕"),
    ("⛓", "💥"),
    ("🍄", "🟫"),
    ("🍋", "🟩"),
)
_PAIRS: Final = frozenset(before + behind for left, right in _JOINED for before in left for behind in right)
# The flags of England, Scotland and Wales, the only ones that Unicode makes of tags.
_FLAGS: Final = re.compile(
    "\U0001f3f4\U000e0067\U000e0062"
    "(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073)"
    "\U000e007f"
)
_FLAG_LENGTH: Final = 7
# Before these viramas a joiner keeps the letter before it whole (Bengali, Telugu, Kannada) or has two touch (Sinhala).
_JOINED_TO: Final = "\u09cd\u0c4d\u0ccd\u0dca"
# A joiner behind one of these at the end of a word makes half a letter, or a letter without a vowel.
_HALVES: Final = "\u094d\u09cd\u0d4d"
# A word for the rule of RFC 5892 need not be longer.
_AROUND: Final = 20


def _set(ranges: str) -> frozenset[str]:
    pairs = (each.partition("-") for each in ranges.split())
    return frozenset(
        chr(number)
        for first, _, last in pairs
        for number in range(int(first, 16), int(last or first, 16) + 1)
    )


_PICTURE: Final = _set(_PICTURES)
_EMOJI: Final = _PICTURE | _set(_SIGNS)
_HIDDEN: Final = _set(_IGNORABLE) | _set(_BLANK)
_SKIN: Final = _set("1F3FB-1F3FF")
_TAGS: Final = _set("E0020-E007F")
_SHAPELESS: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def find_invisible(text: str, *, allowed: Collection[str] = "") -> str | None:
    """The first character of a text that nobody sees, None if there is none.

    Args:
        text: any text.
        allowed: characters that may be in it nevertheless, such as breaks of lines.
    """
    # Nearly all characters of nearly all texts end here.
    suspects = [at for at, each in enumerate(text) if not each.isprintable() or each in _HIDDEN]
    for at in suspects:
        if text[at] not in allowed and not _has_effect(text, at):
            return text[at]
    return None


def compose(text: str) -> str:
    """The text as Unicode composes it (NFC), without variations that change nothing."""
    kept = []
    for before, each in zip(["", *text], text, strict=False):
        is_idle = (each == EMOJI_STYLE and before in _PICTURE) or (
            each == TEXT_STYLE and before in _EMOJI - _PICTURE
        )
        if not is_idle:
            kept.append(each)
    return unicodedata.normalize("NFC", "".join(kept))


def show(text: str) -> str:
    """The text with the code in the place of what nobody sees, such as `Icon<U+000D>`."""
    return "".join(
        f"<U+{ord(each):04X}>"
        if (not each.isprintable() or each in _HIDDEN) and not _has_effect(text, at)
        else each
        for at, each in enumerate(text)
    )


# Private


def _has_effect(text: str, at: int) -> bool:
    """Whether a character can be seen, or changes how its neighbours look."""
    character, before, behind = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if character in {NON_JOINER, JOINER}:
        return _joins(text, at)
    if character in {TEXT_STYLE, EMOJI_STYLE}:
        is_keycap = behind == "\u20e3" and character == EMOJI_STYLE and before in {*"0123456789#*"}
        return before in _EMOJI or is_keycap
    if character in _TAGS:
        # Nearby only, so that a text of many flags costs no more than its length.
        nearby = _FLAGS.finditer(text, max(0, at - _FLAG_LENGTH + 1), at + _FLAG_LENGTH)
        return any(flag.start() < at < flag.end() for flag in nearby)
    if character in _HIDDEN:
        return False
    # Emoji are newer than the Unicode of some versions of Python, which have them as unassigned.
    return character in _EMOJI or unicodedata.category(character) not in _SHAPELESS


def _joins(text: str, at: int) -> bool:
    """Whether U+200C or U+200D changes how a word or an emoji looks."""
    before, behind = text[at - 1 : at], text[at + 1 : at + 2]
    if text[at] == JOINER:
        base = text[at - 2 : at - 1] if before == EMOJI_STYLE or before in _SKIN else before
        if base + behind in _PAIRS or (_is_letter(before) and behind and behind in _JOINED_TO):
            return True
    is_behind_virama = bool(before) and unicodedata.combining(before) == unicodedata.combining("\u094d")
    if is_behind_virama:
        return _is_letter(behind) or (text[at] == JOINER and before in _HALVES)
    begin = max(0, at - _AROUND)
    # RFC 5892 appendix A: between two letters that would join.
    try:
        return idna.valid_contextj(text[begin : at + _AROUND], at - begin)
    except ValueError:
        return False


def _is_letter(text: str) -> bool:
    return bool(text) and unicodedata.category(text).startswith("L")

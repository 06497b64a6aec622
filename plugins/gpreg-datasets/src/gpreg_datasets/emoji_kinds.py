"""Which emoji a text is, whatever skin tone or gender it asks for, and the class that it belongs to."""

from collections.abc import Sequence

from fontTools.unicodedata import block

BLOCKS = {
    "Emoticons": "Emoticons",
    "Miscellaneous Symbols and Pictographs": "Misc_Pictographs",
    "Supplemental Symbols and Pictographs": "Sup_Symbols_And_Pictographs",
    "Symbols and Pictographs Extended-A": "Symbols_And_Pictographs_Ext_A",
    "Transport and Map Symbols": "Transport_And_Map",
    "Miscellaneous Symbols": "Misc_Symbols",
    "Dingbats": "Dingbats",
}
"""The blocks that are classes, those of which the font has 50 pictures or more, and their short names in Unicode."""

Text = tuple[int, ...]
"""A sequence of code points."""

CLASSES = (*BLOCKS.values(), "flags", "other")
"""Names of the classes. Flags are a class of their own, and all other blocks are ``other``."""

TONES = range(0x1F3FB, 0x1F400)
"""The five skin tones, of the types 1-2 to 6 of Fitzpatrick."""

_REGIONS = range(0x1F1E6, 0x1F200)
_TAGS = range(0xE0020, 0xE0080)
_JOINER, _FEMALE, _MALE, _RIGHTWARDS = 0x200D, 0x2640, 0x2642, 0x27A1
_UNSEEN = {*TONES, _JOINER, _FEMALE, _MALE, _RIGHTWARDS}
"""What makes a variant of an emoji, and no other one."""

_ADULTS = frozenset(map(ord, "🧑👩👨"))

_SAME = {
    **dict.fromkeys("👩👨", "🧑"),
    **dict.fromkeys("👧👦", "🧒"),
    **dict.fromkeys("👵👴", "🧓"),
    **dict.fromkeys("👸🤴", "🫅"),
    **dict.fromkeys("🤰🫃", "🫄"),
    **dict.fromkeys("🎅🤶", "🧑🎄"),
    "💃": "🕺",
    **dict.fromkeys("👭👬👫", "🧑🤝"),
    "💑": "🧑❤",
    "💏": "🧑❤💋",
    "👪": "🧑🧒",
    "🤝": "🫱🫲",
}
"""What a character with a gender, or one that becomes a sequence when each person has a skin tone, consists of in its
neutral form: UTS #51, sections 2.3 and 2.4."""


def base(texts: Sequence[Text]) -> str:
    """The emoji that these texts show, without skin tone, gender, direction and order, as characters.

    It is equal for all variants of an emoji: for a woman, a man or a person, with any skin tone, and a rocket it is the
    rocket and the person. Fonts have many sequences backwards as well, for text from right to left: order is of no
    importance, and neither is the number of times that a character appears.
    """
    characters = {chr(code) for text in texts for code in text if code not in _UNSEEN}
    for _ in range(2):  # 👫 is 🧑🤝, and 🤝 is 🫱🫲
        characters = {part for character in characters for part in _SAME.get(character, character)}
    return "".join(sorted(characters)) or "".join(map(chr, min(texts)))


def has_tone(texts: Sequence[Text]) -> bool:
    """Whether a skin tone is chosen in these texts; the tones by themselves are squares of a colour."""
    return any(len(text) > 1 and code in TONES for text in texts for code in text)


def class_of(texts: Sequence[Text]) -> int:
    """The number of a picture's class in :data:`CLASSES`.

    Two regional indicators, or a sequence with tags, are a flag. Another text belongs to the block of its first code
    point; if it can be written backwards as well, to that of an adult in it, or else of the higher code point.
    """
    if any(len(text) > 1 and (text[0] in _REGIONS or any(code in _TAGS for code in text)) for text in texts):
        return CLASSES.index("flags")
    first = max((text[0] for text in texts), key=lambda code: (code in _ADULTS, code))
    return CLASSES.index(BLOCKS.get(block(chr(first)), "other"))

import pytest

from gpreg_datasets.emoji_kinds import CLASSES, base, class_of, has_tone


def texts(*written):
    """Code points as a font has them, without variation selectors."""
    return [tuple(ord(character) for character in text if character != "\ufe0f") for text in written]


VARIANTS = {
    "runner": "🏃 🏃🏽 🏃‍♀️ 🏃🏿‍♂️ 🏃🏿‍♂️‍➡️",
    "astronaut": "🧑‍🚀 👩‍🚀 👨🏾‍🚀",
    "adult": "🧑 👩 👨🏻",
    "child": "🧒 👧🏿 👦",
    "older person": "🧓 👵 👴🏼",
    "crowned": "🫅 👸 🤴🏽",
    "pregnant": "🫄 🤰🏽 🫃",
    "claus": "🎅 🤶🏾 🧑🏽‍🎄",
    "dancer": "💃 🕺🏿",
    "holding hands": "👫 👭🏽 👬 🧑‍🤝‍🧑 👩🏻‍🤝‍👨🏿",
    "couple": "💑 💑🏽 👩‍❤️‍👨 🧑🏻‍❤️‍🧑🏿",
    "kiss": "💏 💏🏿 👨‍❤️‍💋‍👨 🧑🏻‍❤️‍💋‍🧑🏿",
    "family": "👪 👨‍👩‍👧‍👦 👩‍👦 🧑‍🧑‍🧒",
    "handshake": "🤝 🤝🏽 🫱🏻‍🫲🏿",
    "flag": "🇩🇪",
    "other flag": "🇫🇷",
    "letter": "🇩",
    "England": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "black flag": "🏴",
    "hand": "🫱",
    "rocket": "🚀",
    "female": "♀️",
    "male": "♂️",
    "arrow": "➡️",
    "light": "🏻",
    "dark": "🏿",
    "keycap": "1️⃣",
    "one": "1",
}


def test_variants_have_one_base_and_other_emoji_another():
    bases = {name: {base(texts(text)) for text in variants.split()} for name, variants in VARIANTS.items()}
    assert {name: len(found) for name, found in bases.items()} == dict.fromkeys(VARIANTS, 1)
    assert len(set.union(*bases.values())) == len(VARIANTS)


@pytest.mark.parametrize(("forward", "backward"), [("👩🏽‍🚀", "🚀‍👩🏽"), ("🏴‍☠️", "☠️‍🏴"), ("👨‍👩‍👧‍👦", "👦‍👧‍👩‍👨")])
def test_a_sequence_is_the_same_backwards(forward, backward):
    assert base(texts(forward)) == base(texts(backward)) == base(texts(forward, backward))
    assert class_of(texts(forward, backward)) == class_of(texts(backward, forward)) == class_of(texts(forward))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("😀", "Emoticons"),
        ("👩🏽‍🚀", "Misc_Pictographs"),
        ("🧑🏽‍🚀", "Sup_Symbols_And_Pictographs"),
        ("🫱🏻‍🫲🏿", "Symbols_And_Pictographs_Ext_A"),
        ("🚀", "Transport_And_Map"),
        ("☂️", "Misc_Symbols"),
        ("❤️", "Dingbats"),
        ("🇩🇪", "flags"),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "flags"),
        ("🏴‍☠️", "Misc_Pictographs"),
        ("🇩", "other"),
        ("1️⃣", "other"),
        ("㊙️", "other"),
    ],
)
def test_classes_are_blocks_and_flags(text, name):
    assert CLASSES[class_of(texts(text))] == name


def test_skin_tones_are_seen_where_one_is_chosen():
    assert [has_tone(texts(text)) for text in ("👍", "👍🏽", "🧑🏿‍🚀", "🏽", "👍🏽‍👍")] == [
        False,
        True,
        True,
        False,
        True,
    ]

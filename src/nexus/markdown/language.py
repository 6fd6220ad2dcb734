"""A cheap guess at the language of a text from the script it is written in.

Honest means: Latin letters say nothing (None), and so does a text with few letters of another script.
"""

import re

_SAMPLE = 8_000
_SHARE = 0.3

_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (language, re.compile(f"[{characters}]"))
    for language, characters in (
        ("ja", "\u3040-\u30ff"),
        ("ko", "\uac00-\ud7af\u1100-\u11ff"),
        ("zh", "\u4e00-\u9fff\u3400-\u4dbf"),
        ("ar", "\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc"),
        ("he", "\u0590-\u05ff"),
        ("am", "\u1200-\u137f"),
        ("ru", "\u0400-\u04ff"),
        ("el", "\u0370-\u03ff"),
        ("hi", "\u0900-\u097f"),
        ("bn", "\u0980-\u09ff"),
        ("ta", "\u0b80-\u0bff"),
        ("te", "\u0c00-\u0c7f"),
        ("th", "\u0e00-\u0e7f"),
        ("ka", "\u10a0-\u10ff"),
        ("hy", "\u0530-\u058f"),
    )
)
_TELLING_LETTERS = (
    ("ar", "fa", re.compile("[پچژگ]")),
    ("ar", "ur", re.compile("[ٹڈڑںے]")),
    ("ru", "uk", re.compile("[іїєґІЇЄҐ]")),
    ("ru", "bg", re.compile("ъ[тр]")),
)
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")


def guess(text: str) -> str | None:
    """BCP 47 code by script (`ar`, `am`, `zh`, `ja`, `ko`, `ru`, ...), None for Latin text or too little evidence."""
    if text.isascii():
        return None
    sample = text[:_SAMPLE]
    counts = {language: len(pattern.findall(sample)) for language, pattern in _SCRIPTS}
    # Japanese is written in kana and Chinese characters together.
    if counts["ja"] * 10 > counts["zh"]:
        counts["ja"], counts["zh"] = (counts["ja"] + counts["zh"], 0) if counts["ja"] else (0, counts["zh"])
    language, count = max(counts.items(), key=lambda item: item[1])
    if count < 8 or count < _SHARE * (count + len(_LATIN.findall(sample))):
        return None
    for base, variant, pattern in _TELLING_LETTERS:
        if language == base and len(pattern.findall(sample)) * 100 > count:
            return variant
    return language

"""What a prompt is about: its subject, its words, its language, the form it asks for. Knows no character."""
# ruff: noqa: E501, RUF001 - lists of words read best on one line, and French has its own apostrophe

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from backend.providers.simulator.ask import Ask

_LONGEST_QUESTION: Final = 240
_SUBJECT_WORDS: Final = 9
_READ: Final = 20_000  # characters of a prompt that are looked at

_SCRIPTS: Final = {
    "ja": re.compile("[\u3040-\u30ff]"),
    "ko": re.compile("[\uac00-\ud7af]"),
    "zh": re.compile("[\u4e00-\u9fff]"),
    "ar": re.compile("[\u0600-\u06ff]"),
    "he": re.compile("[\u0590-\u05ff]"),
    "ru": re.compile("[\u0400-\u04ff]"),
    "el": re.compile("[\u0370-\u03ff]"),
    "hi": re.compile("[\u0900-\u097f]"),
}

_SMALL_WORDS: Final = {
    "en": "the a an of to in is are and or for how what why does do with about on it that this can you i me my",
    "de": "der die das ein eine einen und oder ist sind wie was warum mit für auf nicht ich du mir den dem zu im",
    "fr": "le la les un une des et ou est sont comment que qui pourquoi avec pour dans je tu moi du de en sur",
    "es": "el la los las un una y o es son cómo qué por para con en yo tú del de al sobre me se cuál",
    "it": "il lo la gli un una e o è sono come che cosa perché con per in io tu del della di sul",
    "pt": "o os as um uma e ou é são como que porque com para em eu você do da de no na sobre não",
}
_SMALL: Final = {language: frozenset(words.split()) for language, words in _SMALL_WORDS.items()}
_ANY_SMALL: Final = frozenset().union(*_SMALL.values())

_LEAD: Final = re.compile(
    r"(?:please|kindly|hi there|hello there|hi|hello|hey|can you|could you|would you|explain|describe|tell me|tell us|what is|what are"
    r"|what's|write|give me|show me|create|make|draft|list|compare|summari[sz]e|translate|about"
    r"|bitte|erkläre|erklär|beschreibe|was ist|was sind|schreibe|schreib|nenne"
    r"|explique[zr]?(?:-moi)?|décris|qu['’]est-ce que?|écris"
    r"|explica(?:me)?|describe|qué es|qué son|escribe|spiega(?:mi)?|cos['’]è|explique|o que é"
    r"|mir|me|a|an|the|ein|eine|einen|der|die|das|un|une|le|la|les|el|los|las|una|il|lo|um|uma)"
    r"(?=[\s,:]|$)[\s,:]*|[¿¡\"“„«'\s]+",
    re.IGNORECASE,
)
_TAIL: Final = re.compile(r"[\s,]*\b(?:please|bitte|thanks|(?:in|as) an? (?:table|list))\W*$", re.IGNORECASE)
_SENTENCE_END: Final = re.compile(r"[.?!。?!؟;;\n]")
_WORD: Final = re.compile(r"[^\W\d_][\w'’-]+")
_CODE: Final = re.compile(
    r"\b(python|typescript|javascript|rust|golang|go|sql|bash|shell)\b(?!\s+(?:to|on|into|out)\b)",
    re.IGNORECASE,
)
_DIALECT: Final = {"golang": "go", "javascript": "typescript", "shell": "bash"}
_LIST: Final = re.compile(
    r"\b(lists?|steps?|bullets?|liste|schritte|étapes|lista|pasos|passi)\b", re.IGNORECASE
)
_TABLE: Final = re.compile(r"\b(tables?|tabelle|tableau|tabla|tabella|tabela)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Topic:
    question: str
    subject: str
    words: tuple[str, ...]
    language: str
    earlier: str | None  # the subject of the turn before
    results: tuple[str, ...]  # what tools have answered
    images: int
    wants_list: bool
    wants_table: bool
    dialect: str  # the programming language


def read(ask: Ask) -> Topic:
    """Of the last thing a user said, with what tools answered since."""
    users = [index for index, part in enumerate(ask.parts) if part.role == "user" and part.text.strip()]
    last = users[-1] if users else -1
    text = ask.parts[last].text.strip()[:_READ] if users else ""
    before = ask.parts[users[-2]].text[:_READ] if len(users) > 1 else ""
    code = _CODE.search(text)
    named = code[1].lower() if code else "python"
    return Topic(
        question=_shortened(" ".join(text.split()), _LONGEST_QUESTION),
        subject=_subject(text) or "this",
        words=_words(text) or ("this",),
        language=_language(text),
        earlier=_subject(before) or None,
        results=tuple(part.text for part in ask.parts[last + 1 :] if part.role == "tool"),
        images=sum(part.image for part in ask.parts),
        wants_list=bool(_LIST.search(text)),
        wants_table=bool(_TABLE.search(text)),
        dialect=_DIALECT.get(named, named),
    )


def _subject(text: str) -> str:
    rest = text.strip()
    while (lead := _LEAD.match(rest)) and lead.end():
        rest = rest[lead.end() :]
    rest = rest or text.strip()
    sentence = _TAIL.sub("", _SENTENCE_END.split(rest, maxsplit=1)[0]) or rest
    words = sentence.split()[:_SUBJECT_WORDS]
    while len(words) > 1 and words[-1].lower() in _ANY_SMALL:
        words.pop()
    # Markup of the prompt would open marks in the answer that nobody closes.
    return _shortened(re.sub(r"[*_`#|<>\[\]]", "", " ".join(words)).rstrip(" ,:\"”»'"), 90)


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _words(text: str) -> tuple[str, ...]:
    """The six that say most: the subject's own, then the most frequent."""
    subject = dict.fromkeys(word.lower() for word in _WORD.findall(_subject(text)))
    counted = Counter(word.lower() for word in _WORD.findall(text) if not _LEAD.fullmatch(word))
    ranked = dict.fromkeys([*subject, *(word for word, _ in counted.most_common(40))])
    return tuple(word for word in ranked if word not in _ANY_SMALL and len(word) <= 24)[:6]


def _language(text: str) -> str:
    scripts = {language: len(pattern.findall(text)) for language, pattern in _SCRIPTS.items()}
    # Japanese mixes kana with Chinese characters, never the other way round.
    if scripts["ja"]:
        scripts["ja"] += scripts["zh"]
    best = max(scripts, key=lambda language: scripts[language])
    if scripts[best] * 4 > len(text.strip()):
        return best
    spoken = re.findall(r"[^\W\d_]+", text.lower())
    counts = {language: sum(word in small for word in spoken) for language, small in _SMALL.items()}
    return max(counts, key=lambda language: counts[language])

"""Sets of rules and the events they are asked about, all made from a number, so that every engine gets the same."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

from yuchi.domain.language import Bucket, Context, Entry
from yuchi.domain.language.access import access_of
from yuchi.domain.language.parser import parse

SIZES: Final = (10, 100, 1_000, 10_000)
EVENTS: Final = 1_000
NOW: Final = datetime(2026, 3, 8, 2, 0, tzinfo=UTC)
LINEAR: Final = 2
"""How many rules of the mixed set have no part that an index could use, whatever the size of the set."""

# Characters that are common in messages; a keyword of three or four of them seldom occurs by chance.
_CHARACTERS: Final = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运"
)


@dataclass(frozen=True, slots=True)
class Question:
    """One event and the person it is about, as plain JSON values."""

    event: dict[str, Any]
    profile: dict[str, Any]

    @property
    def text(self) -> str:
        """As one JSON text."""
        return json.dumps({"event": self.event, "profile": self.profile}, ensure_ascii=False)

    @property
    def context(self) -> Context:
        """As conditions read it."""
        return Context(self.event, self.profile, {}, NOW)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Conditions and the questions that are put to them."""

    name: str
    conditions: tuple[str, ...]
    questions: tuple[Question, ...]

    def bucket(self, *, indexed: bool = True) -> Bucket:
        """All conditions, ready to be asked; without the index each of them is tried."""
        return Bucket(
            [
                Entry(rule_id=f"r{number:05d}", when=when, access=access_of(parse(when), when) if indexed else None)
                for number, when in enumerate(self.conditions)
            ]
        )


def by_key(size: int, events: int = EVENTS) -> RuleSet:
    """A key, a tag that is not there, a score: the form that most rules have. Each event has the key of one rule."""
    conditions = [f'event.key == "K{n}" && !("{tag_of(n)}" in profile.tags) && profile.score > 10' for n in range(size)]
    random = Random(7)
    questions = [_question(random, key=f"K{random.randrange(size)}") for _ in range(events)]
    return RuleSet("key", tuple(conditions), tuple(questions))


def by_keyword(size: int, events: int = EVENTS) -> RuleSet:
    """A keyword in a Chinese text of some 40 characters."""
    random = Random(8)
    words = _words(random, size)
    conditions = [f'event.content.contains("{word}") && profile.score > 10' for word in words]
    questions = [_question(random, content=text_with(random, words, length=40)) for _ in range(events)]
    return RuleSet("keyword", tuple(conditions), tuple(questions))


def mixed(size: int, events: int = EVENTS) -> RuleSet:
    """Keys, keywords, prefixes, tags and thresholds on Chinese texts, and :data:`LINEAR` that no index can file."""
    random = Random(9)
    words = _words(random, size)
    forms = (
        lambda n: f'event.key == "K{n}" && profile.score > 10',
        lambda n: f'event.content.contains("{words[n]}")',
        lambda n: f'event.content.startsWith("{words[n]}") && !("{tag_of(n)}" in profile.tags)',
        lambda n: f'"only-{n}" in profile.tags && profile.score > 10',
        lambda n: f"profile.score > {100 + n} && profile.subscribed == true",
    )
    conditions = [f"event.ts * 2 > {10**6 + n}" for n in range(LINEAR)]
    conditions += [forms[n % len(forms)](n) for n in range(LINEAR, size)]
    questions = [
        _question(random, key=f"K{random.randrange(size)}", content=text_with(random, words, length=40))
        for _ in range(events)
    ]
    return RuleSet("mixed", tuple(conditions), tuple(questions))


def hot_key(size: int, events: int = EVENTS) -> RuleSet:
    """All rules wait for the same key, each for another tag."""
    conditions = [f'event.key == "HOT" && "only-{n}" in profile.tags && profile.score > 10' for n in range(size)]
    random = Random(10)
    questions = [_question(random, key="HOT", tags=[f"only-{random.randrange(size)}"]) for _ in range(events)]
    return RuleSet("hot key", tuple(conditions), tuple(questions))


def thresholds(size: int, events: int = EVENTS) -> RuleSet:
    """Nothing but ``profile.score > n``; the events' scores pass some ten of them."""
    conditions = [f"profile.score > {n}" for n in range(size)]
    random = Random(11)
    questions = [_question(random, score=random.randrange(21)) for _ in range(events)]
    return RuleSet("thresholds", tuple(conditions), tuple(questions))


def unindexable(size: int, events: int = EVENTS) -> RuleSet:
    """Nothing that an index could use, and never true: each rule is tried on each event."""
    conditions = [f"event.ts * 2 > {10**6 + n}" for n in range(size)]
    random = Random(12)
    return RuleSet("unindexable", tuple(conditions), tuple(_question(random) for _ in range(events)))


def long_texts(size: int, events: int = EVENTS) -> RuleSet:
    """A keyword alone, in texts of 200 characters."""
    random = Random(13)
    words = _words(random, size)
    conditions = [f'event.content.contains("{word}")' for word in words]
    questions = [_question(random, content=text_with(random, words, length=200)) for _ in range(events)]
    return RuleSet("long texts", tuple(conditions), tuple(questions))


def tag_of(number: int) -> str:
    """The tag that keeps a rule from firing twice."""
    return f"claimed-{number % 50}"


def text_with(random: Random, words: list[str], *, length: int) -> str:
    """A text of ``length`` characters with one of ``words`` in it."""
    word = random.choice(words)
    before = random.randrange(length - len(word) + 1)
    filling = random.choices(_CHARACTERS, k=length - len(word))
    return "".join([*filling[:before], word, *filling[before:]])


def _words(random: Random, count: int) -> list[str]:
    words: dict[str, None] = {}
    while len(words) < count:
        words["".join(random.choices(_CHARACTERS, k=random.choice((3, 4))))] = None
    return list(words)


def _question(
    random: Random, *, key: str = "MENU", content: str = "你好", score: int = 42, tags: list[str] | None = None
) -> Question:
    event = {"type": "menu.clicked", "id": f"{random.getrandbits(64):016x}", "key": key, "content": content, "ts": 1000}
    since = {"since": None, "last": None, "count": 1}
    names = ["claimed-1", "claimed-7", "vip"] if tags is None else tags
    return Question(event, {"tags": dict.fromkeys(names, since), "score": score, "subscribed": True})

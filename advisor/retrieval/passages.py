"""The passages that may be told as an answer, and the questions that nothing published answers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from advisor.knowledge import KnowledgeBase
from advisor.model import Hub, Program

_NOT_TOLD: Final = ("out_of_scope", "labor")
"""Topics that refuse or pass on; a search must not bring them up as knowledge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A text of the knowledge base that answers questions."""

    key: str
    """Where it stands: ``programs/shin_geneki/answers/results``, ``hubs/tsubame``."""
    text: str
    """What is told."""
    context: str
    """Words that help to find it and are not told."""
    source: str | None
    """Source id; None for what the service says about itself."""
    program: str | None = None
    aspect: str | None = None

    @property
    def kind(self) -> str:
        """Give the first part of the key: ``programs``, ``topics``, ``hubs``."""
        return self.key.partition("/")[0]

    @property
    def subject(self) -> str:
        """Give the thing that the passage is about: ``programs/shin_geneki``."""
        return "/".join(self.key.split("/")[:2])


def collect_passages(kb: KnowledgeBase) -> tuple[Passage, ...]:
    """Give every sourced text that may be told as an answer, in a stable order."""
    return (
        *(passage for program in kb.programs.values() for passage in _of_program(program, kb)),
        *_of_topics(kb),
        *(passage for hub in kb.hubs.values() for passage in _of_hub(hub, kb)),
        *_of_dimensions(kb),
        *_of_shifts(kb),
    )


def collect_unanswered(kb: KnowledgeBase) -> tuple[Passage, ...]:
    """Give what owners may ask and nothing published answers.

    These stand beside the passages in the index, are never told, and keep a question that is
    nearest to one of them from being answered with something else. Their text is empty.
    """
    return (
        *(item for program in kb.programs.values() for item in _unanswered_of_program(program, kb)),
        *(
            _unanswered(f"hubs/{hub.id}/unanswered/{number}", _joined((_hub_names(hub), word)))
            for hub in kb.hubs.values()
            for number, word in enumerate(kb.word_list("find.unanswered_of_hubs"), start=1)
        ),
        *(
            _unanswered(f"unanswered/{number}", text)
            for number, text in enumerate(kb.word_list("find.unanswered"), start=1)
        ),
    )


def _of_program(program: Program, kb: KnowledgeBase) -> Iterator[Passage]:
    base = f"programs/{program.id}"
    names = _program_names(program, kb)
    yield Passage(
        key=f"{base}/summary",
        text=f"{program.plain_name}\n{program.summary}",
        context=_joined((program.name, _aspect_words("overview", kb))),
        source=program.sources[0],
        program=program.id,
        aspect="overview",
    )
    for aspect, answer in program.answers.items():
        if answer.text is not None:
            yield Passage(
                key=f"{base}/answers/{aspect}",
                text=answer.text,
                context=_joined((names, _aspect_words(aspect, kb))),
                source=answer.source,
                program=program.id,
                aspect=aspect,
            )
    for number, caution in enumerate(program.cautions, start=1):
        yield Passage(
            key=f"{base}/cautions/{number}",
            text=caution.text,
            context=_joined((names, _aspect_words("cautions", kb))),
            source=caution.source,
            program=program.id,
        )
    for item in program.prerequisites:
        yield Passage(
            key=f"{base}/prerequisites/{item.id}",
            text=item.text,
            context=_joined((names, _aspect_words("prerequisites", kb))),
            source=item.source,
            program=program.id,
        )


def _unanswered_of_program(program: Program, kb: KnowledgeBase) -> Iterator[Passage]:
    base = f"programs/{program.id}/unanswered"
    names = _program_names(program, kb)
    for aspect, answer in program.answers.items():
        if answer.text is None:
            context = _joined((names, _aspect_words(aspect, kb)))
            yield _unanswered(f"{base}/{aspect}", context, program=program.id, aspect=aspect)
    for number, gap in enumerate(program.gaps, start=1):
        yield _unanswered(f"{base}/{number}", _joined((names, gap)), program=program.id)


def _unanswered(
    key: str, context: str, *, program: str | None = None, aspect: str | None = None
) -> Passage:
    return Passage(key=key, text="", context=context, source=None, program=program, aspect=aspect)


def _of_topics(kb: KnowledgeBase) -> Iterator[Passage]:
    for topic in kb.topics.values():
        if topic.id not in _NOT_TOLD:
            key = f"topics/{topic.id}"
            context = _joined((topic.title, *_words_of(key, kb)))
            yield Passage(key=key, text=topic.text, context=context, source=topic.source)


def _of_hub(hub: Hub, kb: KnowledgeBase) -> Iterator[Passage]:
    key = f"hubs/{hub.id}"
    names = _hub_names(hub)
    members = kb.wording("find.joiner").join(member.name for member in hub.members)
    activities = kb.wording("find.joiner").join(hub.activities)
    yield Passage(
        key=key,
        text=kb.wording(
            "find.hub",
            name=hub.name,
            secretariat=hub.secretariat,
            members=members,
            activities=activities,
            note=hub.status_note,
        ),
        context=_joined((names, *hub.functions, *_words_of("hubs", kb))),
        source=hub.sources[0],
    )
    if hub.theme is not None:
        yield Passage(
            key=f"{key}/theme", text=hub.theme.text, context=names, source=hub.theme.source
        )


def _of_dimensions(kb: KnowledgeBase) -> Iterator[Passage]:
    for dimension in kb.dimensions.values():
        key = f"dimensions/{dimension.id}"
        names = _joined((dimension.plain_name, dimension.name, *_words_of(key, kb)))
        yield Passage(
            key=key,
            text=dimension.definition,
            context=_joined((names, _aspect_words("overview", kb))),
            source=dimension.source,
        )
        yield Passage(
            key=f"{key}/why",
            text=dimension.why,
            context=_joined((names, _aspect_words("why", kb))),
            source=dimension.why_source,
        )


def _of_shifts(kb: KnowledgeBase) -> Iterator[Passage]:
    for shift in kb.shifts.values():
        key = f"shifts/{shift.id}"
        context = _joined((shift.before, shift.after, *_words_of(key, kb)))
        yield Passage(key=key, text=shift.plain, context=context, source=shift.source)


def _program_names(program: Program, kb: KnowledgeBase) -> str:
    return _joined((program.name, program.plain_name, *_words_of(f"programs/{program.id}", kb)))


def _hub_names(hub: Hub) -> str:
    return _joined((hub.prefecture, hub.municipality, hub.short_name, hub.secretariat))


def _aspect_words(aspect: str, kb: KnowledgeBase) -> str:
    return _joined(kb.word_list(f"find.aspect_words_{aspect}"))


def _words_of(key: str, kb: KnowledgeBase) -> tuple[str, ...]:
    """Give the words that owners use for one thing; most things need none."""
    return kb.lists.get(f"find.words/{key}", ())


def _joined(parts: Iterable[str | None]) -> str:
    return " ".join(part for part in parts if part)

"""The knowledge base: everything under ``knowledge/``, loaded, checked and indexed."""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import lcm
from pathlib import Path
from typing import Final

from advisor.checks import check_knowledge
from advisor.errors import (
    KnowledgeError,
    ParameterNotFoundError,
    Problem,
    UnknownIdError,
    WordingError,
    did_you_mean,
)
from advisor.folder import Folder
from advisor.logic import FactValue, comparisons
from advisor.model import (
    Concern,
    Contact,
    Dimension,
    Hub,
    Keeper,
    Parameter,
    ParameterValue,
    Program,
    Question,
    Shift,
    Source,
    SourceRef,
    Topic,
)
from advisor.node import Node
from advisor.places import (
    PlaceMarks,
    Places,
    read_areas,
    read_municipalities,
    read_outside,
)
from advisor.program_readers import read_parameter, read_program
from advisor.readers import (
    read_concerns,
    read_contacts,
    read_dimensions,
    read_fact_questions,
    read_hub,
    read_keepers,
    read_maturity_questions,
    read_shifts,
    read_sources,
    read_topics,
    read_wording,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeBase:
    """All knowledge, by id. It does not change after loading."""

    keepers: Mapping[str, Keeper]
    sources: Mapping[str, Source]
    contacts: Mapping[str, Contact]
    dimensions: Mapping[str, Dimension]
    shifts: Mapping[str, Shift]
    concerns: Mapping[str, Concern]
    questions: Mapping[str, Question]
    """Maturity questions by id, the others by fact key."""
    programs: Mapping[str, Program]
    parameters: Mapping[str, Parameter]
    hubs: Mapping[str, Hub]
    topics: Mapping[str, Topic]
    texts: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]
    places: Places
    places_source: str
    fingerprint: str
    """SHA-256 over the content, to tell which facts a recommendation rested on."""
    maturity: Mapping[str, tuple[Question, ...]]
    """Maturity questions by dimension."""
    domains: Mapping[str, tuple[FactValue, ...]]
    """Values by fact key that lead to every outcome of the conditions."""
    programs_by_fact: Mapping[str, tuple[str, ...]]
    """Programs whose conditions look at a fact."""
    level_scale: int
    """Common multiple of the weights that answers of one dimension can sum up to."""

    def wording(self, text_id: str, /, **values: object) -> str:
        """Give a text to owners with its placeholders filled.

        Raises:
            WordingError: The text is unknown, or a placeholder has no value.
        """
        if text_id not in self.texts:
            hint = did_you_mean(text_id, self.texts)
            raise WordingError(f"knowledge/wording: no text '{text_id}'.{hint}")
        try:
            return self.texts[text_id].format(**values)
        except (KeyError, IndexError) as exc:
            raise WordingError(f"knowledge/wording: {text_id}: no value for {exc}") from exc

    def word_list(self, list_id: str) -> tuple[str, ...]:
        """Give a list of words.

        Raises:
            WordingError: The list is unknown.
        """
        if list_id not in self.lists:
            hint = did_you_mean(list_id, self.lists)
            raise WordingError(f"knowledge/wording: no list '{list_id}'.{hint}")
        return self.lists[list_id]

    def get_program(self, program_id: str) -> Program:
        """Give a program.

        Raises:
            UnknownIdError: There is none with this id.
        """
        if program_id not in self.programs:
            hint = did_you_mean(program_id, self.programs)
            raise UnknownIdError(f"unknown program '{program_id}'.{hint}")
        return self.programs[program_id]

    def parameter(self, parameter_id: str, *, on: date) -> ParameterValue:
        """Give the value of a parameter on a date.

        Raises:
            UnknownIdError: There is no such parameter.
            ParameterNotFoundError: Nothing is published for that date.
        """
        if parameter_id not in self.parameters:
            hint = did_you_mean(parameter_id, self.parameters)
            raise UnknownIdError(f"unknown parameter '{parameter_id}'.{hint}")
        for value in reversed(self.parameters[parameter_id].values):
            if value.since <= on and (value.until is None or on <= value.until):
                return value
        raise ParameterNotFoundError(
            f"knowledge/parameters/{parameter_id}.yml: no value is published for {on}; "
            "ask for a date inside the published periods, or add a dated value with its source"
        )

    def source_ref(self, source_id: str) -> SourceRef:
        """Give what an owner is shown of a source."""
        source = self.sources[source_id]
        return SourceRef(
            id=source.id,
            title=source.title,
            url=source.url,
            date=source.date,
            precision=source.precision,
            level=source.level,
        )


_FORMER_NAMES: Final = "places/former_names.yml"
"""Input of the script that refreshes the places; only its form is checked here."""


def _check_file_name(node: Node, stem: str, found: str) -> None:
    if found and found != stem:
        node.child(found, "id").report(f"must equal the name of the file '{stem}', found '{found}'")


def _read_wording(folder: Folder) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    texts: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for _, node in folder.nodes("wording"):
        more_texts, more_lists = read_wording(node)
        for name in (texts.keys() & more_texts.keys()) | (lists.keys() & more_lists.keys()):
            node.child(None, name).report(f"'{name}' stands in another file too; ids are unique")
        for name, text in more_texts.items():
            try:
                list(string.Formatter().parse(text))
            except ValueError as exc:
                node.child(None, f"texts.{name}").report(f"placeholder cannot be read: {exc}")
        texts.update(more_texts)
        lists.update(more_lists)
    return texts, lists


def _read_questions(folder: Folder) -> dict[str, Question]:
    questions: dict[str, Question] = {}
    for stem, node in folder.nodes("questions"):
        found = read_fact_questions(node) if stem == "facts" else read_maturity_questions(node)
        for question in found:
            if question.id in questions:
                node.child(None, question.id).report(f"question '{question.id}' stands twice")
            if question.is_maturity and question.key != stem:
                node.child(None, "dimension").report(
                    f"must equal the name of the file '{stem}', found '{question.key}'"
                )
            questions[question.id] = question
    return questions


def _read_programs(
    folder: Folder, sources: Mapping[str, Source], contacts: Mapping[str, Contact]
) -> dict[str, Program]:
    programs = {}
    for stem, node in folder.nodes("programs"):
        program = read_program(node, sources, contacts)
        _check_file_name(node, stem, program.id)
        programs[stem] = program
    return programs


def _read_parameters(folder: Folder, sources: Mapping[str, Source]) -> dict[str, Parameter]:
    parameters = {}
    for stem, node in folder.nodes("parameters"):
        parameter = read_parameter(node, sources)
        _check_file_name(node, stem, parameter.id)
        parameters[stem] = parameter
    return parameters


def _read_hubs(folder: Folder, sources: Mapping[str, Source]) -> dict[str, Hub]:
    hubs = {}
    for stem, node in folder.nodes("hubs"):
        hub = read_hub(node, sources)
        _check_file_name(node, stem, hub.id)
        hubs[stem] = hub
    return hubs


def _read_places(
    folder: Folder,
    hubs: Mapping[str, Hub],
    sources: Mapping[str, Source],
    lists: Mapping[str, tuple[str, ...]],
) -> tuple[Places, str]:
    """Read the tables of places; give them with the source of the municipalities."""
    node = folder.node("places/municipalities.yml")
    municipalities, source = read_municipalities(node, hubs, sources) if node else ([], "")
    node = folder.node("places/outside.yml")
    outside = read_outside(node, (m.prefecture for m in municipalities)) if node else {}
    node = folder.node("places/areas.yml")
    areas = read_areas(node, municipalities) if node else []
    if (folder.root / _FORMER_NAMES).is_file():
        folder.node(_FORMER_NAMES)
    marks = PlaceMarks(
        suffixes=lists.get("municipality_endings", ()),
        readings=lists.get("municipality_ending_readings", ()),
        counties=lists.get("county_marks", ()),
        prefecture_suffixes=lists.get("prefecture_endings", ()),
        links=lists.get("place_links", ()),
        variants=tuple((pair[0], pair[1]) for pair in lists.get("place_variants", ()) if pair[1:]),
    )
    return Places(municipalities, outside, areas, marks), source


def _domains(
    programs: Mapping[str, Program], questions: Mapping[str, Question]
) -> dict[str, tuple[FactValue, ...]]:
    """Collect, for each fact in a condition, values that reach every outcome."""
    values: dict[str, set[FactValue]] = {}
    for program in programs.values():
        for criterion in (*program.criteria, *program.exclusions):
            for item in comparisons(criterion.condition):
                wanted = item.value if isinstance(item.value, tuple) else (item.value,)
                found = values.setdefault(item.fact, set())
                for value in wanted:
                    if isinstance(value, bool):
                        found.update((True, False))
                    elif isinstance(value, int):
                        found.update((value - 1, value, value + 1))
                    else:
                        found.update((value, ""))
    for fact, found in values.items():
        question = questions.get(fact)
        if question is not None and any(isinstance(c.value, str) for c in question.choices):
            found.update(choice.value for choice in question.choices)
    return {
        fact: tuple(sorted(found, key=lambda v: (str(type(v)), v)))
        for fact, found in values.items()
    }


def _programs_by_fact(programs: Mapping[str, Program]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for program in programs.values():
        for criterion in (*program.criteria, *program.exclusions):
            for item in comparisons(criterion.condition):
                found.setdefault(item.fact, {})[program.id] = None
    return {fact: tuple(names) for fact, names in found.items()}


def _level_scale(maturity: Mapping[str, tuple[Question, ...]]) -> int:
    most = max((len(questions) for questions in maturity.values()), default=1)
    return lcm(*range(1, 2 * most + 2))


def read_knowledge(root: Path, *, complete: bool = True) -> tuple[KnowledgeBase, list[Problem]]:
    """Read a knowledge folder and list every problem in it.

    Returns:
        The base as far as it could be read, and the problems; use it only when there are none.
    """
    folder = Folder(root)
    node = folder.node("keepers.yml")
    keepers = read_keepers(node) if node else {}
    node = folder.node("sources.yml")
    sources = read_sources(node, keepers) if node else {}
    node = folder.node("contacts.yml")
    contacts = read_contacts(node, sources) if node else {}
    node = folder.node("model/dimensions.yml")
    dimensions = read_dimensions(node, sources) if node else {}
    node = folder.node("model/shifts.yml")
    shifts = read_shifts(node, sources) if node else {}
    node = folder.node("model/concerns.yml")
    concerns = read_concerns(node, sources) if node else {}
    node = folder.node("topics.yml")
    topics = read_topics(node, sources) if node else {}
    texts, lists = _read_wording(folder)
    questions = _read_questions(folder)
    programs = _read_programs(folder, sources, contacts)
    hubs = _read_hubs(folder, sources)
    places, places_source = _read_places(folder, hubs, sources, lists)
    maturity = {
        name: tuple(q for q in questions.values() if q.is_maturity and q.key == name)
        for name in dimensions
    }
    base = KnowledgeBase(
        keepers=keepers,
        sources=sources,
        contacts=contacts,
        dimensions=dimensions,
        shifts=shifts,
        concerns=concerns,
        questions=questions,
        programs=programs,
        parameters=_read_parameters(folder, sources),
        hubs=hubs,
        topics=topics,
        texts=texts,
        lists=lists,
        places=places,
        places_source=places_source,
        fingerprint=folder.fingerprint,
        maturity=maturity,
        domains=_domains(programs, questions),
        programs_by_fact=_programs_by_fact(programs),
        level_scale=_level_scale(maturity),
    )
    folder.refuse_strays()
    check_knowledge(base, folder.root.name, folder.problems, complete=complete)
    return base, folder.problems.found


def load_knowledge(path: Path | str, *, complete: bool = True) -> KnowledgeBase:
    """Load a knowledge folder.

    Args:
        path: The folder.
        complete: Require every id of ``advisor.labels``; False only for small bases in tests.

    Raises:
        KnowledgeError: The folder has problems; it carries all of them.
    """
    base, problems = read_knowledge(Path(path), complete=complete)
    if problems:
        raise KnowledgeError(problems)
    return base

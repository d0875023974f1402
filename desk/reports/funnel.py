"""How far conversations come, and whether it helped."""

from collections.abc import Mapping

from desk.chat.satisfaction import After, Answer
from desk.reports.figures import Cell, Links, Report, Row, Table, are_shown, number, plain, share
from desk.reports.figures import total as count
from desk.reports.scope import Counted
from desk.reports.statistics import wilson
from desk.reports.suppression import Mask, is_small, line, suppress
from desk.reports.svg.bars import Bar, bars
from desk.reports.words import say, word

STAGES = (
    "started",
    "said",
    "diagnosis",
    "recommendation",
    "person",
    "case",
    "answered",
    "resolved",
)
OF_CASES = {"case": {}, "answered": {"answered": "yes"}, "resolved": {"closed": "yes"}}
"""Stages that only conversations with a case reach, and which of their cases a list shows."""
ANSWERS = (Answer.YES, Answer.PARTLY, Answer.NO)
UNANSWERED = ""


def build(
    stages: Mapping[str, int], answers: Mapping[tuple[str, str], int], links: Links
) -> Report:
    """The report.

    Args:
        stages: As `desk.reports.repository.count_stages` gives them.
        answers: As `count_answers` gives them.
        links: To the lists of cases.
    """
    cells = {stage: _stage(stage, stages[stage], links) for stage in STAGES}
    chart = bars(
        word("titles", "funnel"),
        [Bar(label=word("stages", stage), parts=[cells[stage]]) for stage in STAGES],
    )
    return Report(
        id="funnel",
        title=word("titles", "funnel"),
        reading=_reading(stages, answers),
        charts=[chart],
        tables=[_stage_table(cells), _containment(stages), _helped(answers)],
        notes=[word("notes", "funnel"), word("notes", "person"), word("notes", "erased_out")],
    )


def _stage(stage: str, value: int, links: Links) -> Cell:
    link = links.to(counted=Counted.TALK, **OF_CASES.get(stage, {}))
    return number(value, Mask.SMALL if is_small(value) else Mask.SHOWN, link)


def _stage_table(cells: Mapping[str, Cell]) -> Table:
    return Table(
        id="funnel",
        caption=word("captions", "funnel"),
        corner=word("columns", "stage"),
        columns=[word("columns", "talks")],
        rows=[Row(head=word("stages", stage), cells=[cells[stage]]) for stage in STAGES],
    )


def _split(stages: Mapping[str, int]) -> dict[str, int]:
    contained = stages["contained"]
    return {"contained": contained, "others": stages["said"] - contained}


def _containment(stages: Mapping[str, int]) -> Table:
    parts = _split(stages)
    masks = suppress(line(parts))
    rows = [
        Row(
            head=word("containment", key),
            cells=[number(value, masks[key,]), plain(_share(value, stages["said"], masks))],
        )
        for key, value in parts.items()
    ]
    return Table(
        id="containment",
        caption=word("captions", "containment"),
        corner=word("columns", "course"),
        columns=[word("columns", "talks"), word("columns", "share")],
        rows=rows,
    )


def _share(value: int, whole: int, masks: Mapping[tuple[str, ...], Mask]) -> str:
    if not whole or not are_shown(masks):
        return word("masks", "no_share")
    return share(value, whole)


def _helped(answers: Mapping[tuple[str, str], int]) -> Table:
    return Table(
        id="helped",
        caption=word("captions", "helped"),
        corner=word("columns", "after"),
        columns=[
            *(word("answers", answer) for answer in ANSWERS),
            word("answers", "none"),
            word("columns", "helped_share"),
        ],
        rows=[_helped_row(after, answers) for after in After],
    )


def _helped_row(after: After, answers: Mapping[tuple[str, str], int]) -> Row:
    given = {str(key): answers.get((after, key), 0) for key in (*ANSWERS, UNANSWERED)}
    masks = suppress(line(given))
    cells = [number(value, masks[key,]) for key, value in given.items()]
    return Row(head=word("after", after), cells=[*cells, plain(_rate(given, masks))])


def _rate(given: Mapping[str, int], masks: Mapping[tuple[str, ...], Mask]) -> str:
    """The share of yes among the answers, with its interval, where nothing is hidden."""
    asked = sum(given[answer] for answer in ANSWERS)
    if not asked:
        return word("masks", "no_answers")
    if not are_shown(masks):
        return word("masks", "no_share")
    low, high = wilson(given[Answer.YES], asked)
    return say(
        "helped_rate",
        share=share(given[Answer.YES], asked),
        low=round(100 * low),
        high=round(100 * high),
        n=asked,
    )


def _reading(stages: Mapping[str, int], answers: Mapping[tuple[str, str], int]) -> str:
    if not stages["started"]:
        return word("sentences", "volume_none")
    said = say("funnel", started=count(stages["started"]), case=count(stages["case"]))
    masks = suppress(line(_split(stages)))
    contained = _share(stages["contained"], stages["said"], masks)
    given = {str(key): answers.get((After.ADVICE, key), 0) for key in (*ANSWERS, UNANSWERED)}
    helped = _rate(given, suppress(line(given)))
    return said + say("containment", share=contained, helped=helped)

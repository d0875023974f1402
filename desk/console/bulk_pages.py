"""Forms of the queue for several cases at once, and the page that says what became of them."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response

from desk.auth.dependencies import OwnForm, Writer
from desk.auth.service import SignedIn
from desk.cases.errors import AssigneeRefusedError
from desk.console.bulk import MOST_CASES, BulkDesk, Chosen, Deed, Order, Outcome, Undo, undo_of
from desk.console.case_forms import labels_in
from desk.console.case_pages import MAX_REASON, Cases, moment_of, text_of
from desk.console.errors import (
    LabelsRefusedError,
    NothingChosenError,
    ReasonMissingError,
)
from desk.console.labels import label
from desk.console.pages import render
from desk.console.route import HOME, ConsoleRoute, safe_next

router = APIRouter(prefix=HOME, route_class=ConsoleRoute)
Several = Annotated[list[str] | None, Form(max_length=MOST_CASES)]


def chosen_in(values: Sequence[str]) -> Sequence[Chosen]:
    """The cases of a form's boxes, `id:version` each, every case once.

    Raises:
        NothingChosenError: There is none, or a box holds something else.
    """
    found: dict[UUID, Chosen] = {}
    for value in values:
        case_id, _, version = value.partition(":")
        try:
            chosen = Chosen(case_id=UUID(case_id), version=int(version))
        except ValueError as exc:
            raise NothingChosenError("A box does not hold a case.") from exc
        found.setdefault(chosen.case_id, chosen)
    if not found:
        raise NothingChosenError("Choose cases.")
    return list(found.values())


@router.post("/bulk", dependencies=[OwnForm])
async def do_bulk(
    *,
    request: Request,
    signed: Writer,
    cases: Cases,
    deed: Annotated[Deed, Form()],
    chosen: Several = None,
    on_page: Several = None,
    whole_page: Annotated[bool, Form()] = False,
    assignee_id: Annotated[str, Form(max_length=40)] = "",
    labels: Annotated[str, Form(max_length=1000)] = "",
    hold_until: Annotated[str, Form(max_length=32)] = "",
    reason: Annotated[str, Form()] = "",
    back: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Do something with the chosen cases, or with all of the page."""
    several = chosen_in((on_page if whole_page else chosen) or ())
    order = Order(deed=deed)
    if deed is Deed.ASSIGN:
        order = Order(deed=deed, assignee_id=_person(assignee_id))
    elif deed is Deed.LABEL:
        found = labels_in(labels)
        if not found:
            raise LabelsRefusedError("Give a label.")
        order = Order(deed=deed, labels=found)
    elif deed is Deed.SNOOZE:
        words = text_of(reason, MAX_REASON, ReasonMissingError("Give a reason."))
        order = Order(deed=deed, hold_until=moment_of(hold_until), reason=words)
    outcomes = await BulkDesk(cases, signed.user).do(order, several)
    return _page(request, signed, outcomes, deed=deed, back=back)


@router.post("/bulk/undo", dependencies=[OwnForm])
async def undo_bulk(
    *,
    request: Request,
    signed: Writer,
    cases: Cases,
    undo: Several = None,
    back: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Bring cases back to where they were before the last deed for several."""
    try:
        undoings = [_with_reason(undo_of(text)) for text in undo or ()]
    except ValueError as exc:
        raise NothingChosenError("A field does not hold the undoing of a deed.") from exc
    if not undoings:
        raise NothingChosenError("There is nothing to undo.")
    outcomes = await BulkDesk(cases, signed.user).undo(undoings)
    return _page(request, signed, outcomes, deed=None, back=back)


def _person(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError as exc:
        raise AssigneeRefusedError("Choose somebody.") from exc


def _with_reason(undo: Undo) -> Undo:
    if "status" not in undo.to:
        return undo
    to = {**undo.to, "reason": label("bulk", "undo_reason")}
    return Undo(case_id=undo.case_id, version=undo.version, to=to)


def _page(
    request: Request,
    signed: SignedIn,
    outcomes: Sequence[Outcome],
    *,
    deed: Deed | None,
    back: str,
) -> Response:
    return render(
        request,
        "bulk.html",
        signed=signed,
        deed=deed or "undo",
        done_ones=[each for each in outcomes if not each.refused],
        refused_ones=[each for each in outcomes if each.refused],
        undoings=[each.undo.to_text() for each in outcomes if each.undo and not each.refused],
        back=safe_next(f"{HOME}?{back}" if back else HOME),
        query=back,
    )

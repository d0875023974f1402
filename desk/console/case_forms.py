"""Forms of the case page beside its state: labels, priority, contact, colleague, transfer."""

import re
import unicodedata
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from desk.auth.dependencies import OwnForm, Writer
from desk.auth.rights import visible_hub
from desk.cases.errors import HoldNeededError
from desk.cases.models import Priority, PriorityReason
from desk.cases.schemas import MAX_LABEL, plain_label
from desk.cases.transfers import ConsentWay, NewConsent
from desk.cases.work import MOST_LABELS
from desk.console.case_pages import MAX_REASON, Cases, act_on_case, moment_of, text_of
from desk.console.errors import ConsentIncompleteError, LabelsRefusedError, ReasonMissingError
from desk.console.route import HOME, ConsoleRoute

router = APIRouter(prefix=HOME, route_class=ConsoleRoute)
_BETWEEN_LABELS = re.compile("[,\u3001\r\n]")
Version = Annotated[int, Form(ge=0, le=10**9)]


def labels_in(typed: str) -> list[str]:
    """The labels of a field in which commas stand between them.

    Raises:
        LabelsRefusedError: Too many, or one is too long.
    """
    typed = unicodedata.normalize("NFKC", typed.replace("\0", ""))
    parts = _BETWEEN_LABELS.split(typed)
    labels = [label for part in parts if (label := plain_label(part))]
    if len(labels) > MOST_LABELS or any(len(label) > MAX_LABEL for label in labels):
        raise LabelsRefusedError(f"At most {MOST_LABELS} labels of {MAX_LABEL} characters.")
    return labels


@router.post("/cases/{case_id}/labels", dependencies=[OwnForm])
async def set_labels(
    *,
    request: Request,
    signed: Writer,
    cases: Cases,
    case_id: UUID,
    version: Version,
    labels: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Give the case exactly these labels."""

    async def act() -> None:
        found = labels_in(labels)
        await cases.work.set_labels(signed.user, case_id, version=version, labels=found)

    return await act_on_case(request, signed, case_id, act, done="labelled")


@router.post("/cases/{case_id}/priority", dependencies=[OwnForm])
async def set_priority(
    *,
    request: Request,
    signed: Writer,
    cases: Cases,
    case_id: UUID,
    version: Version,
    priority: Annotated[Literal["normal", "high", "urgent"], Form()],
    reasons: Annotated[list[PriorityReason] | None, Form()] = None,
) -> Response:
    """Say how much the case hurries, and why."""

    async def act() -> None:
        await cases.work.set_priority(
            signed.user,
            case_id,
            version=version,
            priority=Priority[priority.upper()],
            reasons=reasons or (),
        )

    return await act_on_case(request, signed, case_id, act, done="prioritised")


@router.post("/cases/{case_id}/contact", dependencies=[OwnForm])
async def record_contact(
    *,
    request: Request,
    signed: Writer,
    cases: Cases,
    case_id: UUID,
    version: Version,
    how: Annotated[ConsentWay, Form()],
) -> Response:
    """Note that the owner was spoken with or written to."""

    async def act() -> None:
        await cases.work.record_contact(signed.user, case_id, version=version, how=how)

    return await act_on_case(request, signed, case_id, act, done="contacted")


@router.post("/cases/{case_id}/assign", dependencies=[OwnForm])
async def assign_case(
    *,
    request: Request,
    signed: Writer,
    cases: Cases,
    case_id: UUID,
    version: Version,
    assignee_id: Annotated[UUID, Form()],
) -> Response:
    """Make a colleague responsible; a lead's right."""

    async def act() -> None:
        await cases.work.assign(signed.user, case_id, version=version, assignee_id=assignee_id)

    return await act_on_case(request, signed, case_id, act, done="assigned")


@router.post("/cases/{case_id}/transfer", dependencies=[OwnForm])
async def transfer_case(
    *,
    request: Request,
    signed: Writer,
    cases: Cases,
    case_id: UUID,
    version: Version,
    to_hub: Annotated[str, Form(max_length=32, pattern="^[a-z0-9_-]+$")],
    reason: Annotated[str, Form()] = "",
    way: Annotated[ConsentWay | Literal[""], Form()] = "",
    given_at: Annotated[str, Form(max_length=32)] = "",
    consent_text: Annotated[str, Form()] = "",
    bank_share: Annotated[Literal["", "yes", "no"], Form()] = "",
) -> Response:
    """Hand the case on, if the owner agreed to that; the queue is shown then."""

    async def act() -> None:
        await cases.work.transfer(
            signed.user,
            case_id,
            version=version,
            to_hub=to_hub,
            reason=text_of(reason, MAX_REASON, ReasonMissingError("Give a reason.")),
            consent=_consent(way, given_at, consent_text, bank_share),
        )

    typed = {"handing_reason": reason, "consent_text": consent_text}
    answer = await act_on_case(request, signed, case_id, act, done="transferred", typed=typed)
    if answer.status_code == 303 and visible_hub(signed.user) is not None:
        # The case is another hub's now; its page would say that there is none.
        return RedirectResponse(f"{HOME}?done=transferred", 303)
    return answer


def _consent(
    way: ConsentWay | Literal[""], given_at: str, text: str, bank_share: str
) -> NewConsent | None:
    """The new consent that the form tells of; None if every field of it is empty.

    Raises:
        ConsentIncompleteError: Some are empty.
    """
    if not way and not given_at and not text.strip():
        return None
    missing = ConsentIncompleteError("Say how, when and what the owner has agreed to.")
    if not way:
        raise missing
    try:
        moment = moment_of(given_at)
    except HoldNeededError as exc:
        raise missing from exc
    return NewConsent(
        way=way,
        given_at=moment,
        text=text_of(text, MAX_REASON, missing),
        bank_share={"yes": True, "no": False}.get(bank_share),
    )

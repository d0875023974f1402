"""The staff's JSON API of cases: `/api/cases`.

Who may see a case gets its version as `ETag` and names it as `If-Match` with each change.
Claiming needs none, since of several exactly one wins; writing a note neither, since it
takes nothing from anybody.
"""

import base64
import binascii
import unicodedata
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from desk.auth.api import OwnRequest
from desk.auth.dependencies import Staff, Writer
from desk.auth.models import StaffUser
from desk.auth.rights import visible_hub
from desk.cases.errors import BadCursorError
from desk.cases.lists import CaseQuery
from desk.cases.models import Case, CaseStatus, Priority
from desk.cases.permissions import require
from desk.cases.preconditions import NAMES_VERSION, IfMatch, set_tag, stale_as_412
from desk.cases.schemas import (
    AssignBody,
    CaseList,
    CaseOut,
    CaseSummary,
    ContactBody,
    EventList,
    EventOut,
    Handed,
    LabelsBody,
    MentionList,
    MentionOut,
    MergeBody,
    NoteBody,
    NoteOut,
    PriorityBody,
    ReopenBody,
    StatusBody,
    TransferBody,
    plain_label,
)
from desk.cases.service import CaseService
from desk.openapi import problems

router = APIRouter(prefix="/api/cases", tags=["cases"])
TEXT = r"^[^\x00]+$"
READ = problems(401, 403, 404, 422)
CHANGE = problems(400, 401, 403, 404, 409, 412, 422, 428)
CLAIM = problems(401, 403, 404, 409, 422)
WRITE = problems(400, 401, 403, 404, 422)


def case_service(request: Request) -> CaseService:
    """The case service of this application."""
    service: CaseService = request.app.state.cases
    return service


Cases = Annotated[CaseService, Depends(case_service)]
Limit = Annotated[int, Query(ge=1, le=100)]
Assignee = Annotated[
    UUID | None, Query(description="Only cases of this person.", alias="assignee_id")
]


async def _shown(cases: CaseService, response: Response, case: Case) -> CaseOut:
    set_tag(response, case.version)
    return CaseOut.from_row(case, await cases.labels_of(case.id))


async def _get(cases: CaseService, user: StaffUser, case_id: UUID) -> Case:
    return await cases.get_case(case_id, visible_hub(user))


def _cursor_of(case: Case) -> str:
    return base64.urlsafe_b64encode(case.id.bytes).decode().rstrip("=")


def _read_cursor(cursor: str | None) -> UUID | None:
    if cursor is None:
        return None
    try:
        return UUID(bytes=base64.b64decode(cursor + "==", altchars=b"-_", validate=True))
    except (ValueError, binascii.Error) as exc:
        raise BadCursorError("Give a cursor that a list has given, or none.") from exc


@router.get("", responses=problems(401, 403, 422))
async def list_cases(
    *,
    signed: Staff,
    cases: Cases,
    status: Annotated[list[CaseStatus] | None, Query(max_length=len(CaseStatus))] = None,
    assignee_id: Assignee = None,
    mine: Annotated[bool, Query(description="Only the caller's own cases.")] = False,
    unassigned: Annotated[bool, Query(description="Only cases that nobody has.")] = False,
    label: Annotated[str | None, Query(max_length=24, pattern=TEXT)] = None,
    number: Annotated[
        str | None,
        Query(max_length=24, pattern=TEXT, description="Part of the receipt number."),
    ] = None,
    cursor: Annotated[str | None, Query(pattern="^[A-Za-z0-9_-]{22}$")] = None,
    limit: Limit = 50,
) -> CaseList:
    """Cases that the person may see, the newest first."""
    wanted = CaseQuery(
        statuses=status or (),
        assignee_id=signed.user.id if mine else assignee_id,
        is_unassigned=unassigned,
        label=plain_label(label) if label is not None else None,
        number=unicodedata.normalize("NFKC", number).strip().upper() if number else None,
        before=_read_cursor(cursor),
    )
    found = await cases.list_matching(visible_hub(signed.user), wanted, limit=limit)
    return CaseList(
        items=[CaseSummary.from_row(case, labels) for case, labels in found.items],
        next_cursor=_cursor_of(found.items[-1][0]) if found.has_more else None,
    )


@router.get("/mentions", responses=problems(401, 403))
async def list_mentions(signed: Staff, cases: Cases) -> MentionList:
    """The caller's own unread mentions, oldest first; at most 100."""
    found = await cases.notes.list_unread(signed.user)
    return MentionList(mentions=[MentionOut.from_found(item) for item in found])


@router.post(
    "/mentions/{mention_id}/read",
    status_code=204,
    dependencies=OwnRequest,
    responses=READ,
)
async def mark_mention_read(signed: Staff, cases: Cases, mention_id: UUID) -> Response:
    """Take one of the caller's own mentions off their list."""
    await cases.notes.mark_read(signed.user, mention_id)
    return Response(status_code=204)


@router.get("/{case_id}", responses=READ)
async def get_case(signed: Staff, cases: Cases, response: Response, case_id: UUID) -> CaseOut:
    """One case; its version is the `ETag`."""
    case = await _get(cases, signed.user, case_id)
    await cases.note_viewing(case, signed.user.id)
    return await _shown(cases, response, case)


@router.get("/{case_id}/events", responses=READ)
async def list_events(signed: Staff, cases: Cases, case_id: UUID) -> EventList:
    """The case's log in order."""
    await cases.note_viewing(await _get(cases, signed.user, case_id), signed.user.id)
    events = await cases.list_events(case_id, visible_hub(signed.user))
    return EventList(events=[EventOut.from_row(event) for event in events])


@router.post("/{case_id}/notes", status_code=201, dependencies=OwnRequest, responses=WRITE)
async def add_note(signed: Writer, cases: Cases, case_id: UUID, body: NoteBody) -> NoteOut:
    """Write an internal note, which only staff see."""
    event, named = await cases.notes.add(
        case_id, visible_hub(signed.user), signed.user.id, body.text.strip(), tell=body.tell
    )
    return NoteOut(event=EventOut.from_row(event), mentioned=list(named))


@router.post("/{case_id}/claim", dependencies=OwnRequest, responses=CLAIM)
async def claim_case(signed: Writer, cases: Cases, response: Response, case_id: UUID) -> CaseOut:
    """Become responsible for a case that nobody has; 409 if somebody was first."""
    await cases.claim(case_id, visible_hub(signed.user), signed.user.id)
    return await _shown(cases, response, await _get(cases, signed.user, case_id))


@router.post(
    "/{case_id}/release", dependencies=OwnRequest, responses=CHANGE, openapi_extra=NAMES_VERSION
)
async def release_case(
    signed: Writer, cases: Cases, response: Response, case_id: UUID, version: IfMatch
) -> CaseOut:
    """Put the case back into the queue."""
    hub_id = visible_hub(signed.user)
    require(signed.user, await _get(cases, signed.user, case_id), "can_release")
    async with stale_as_412():
        await cases.release(case_id, hub_id, signed.user.id, version=version)
    return await _shown(cases, response, await _get(cases, signed.user, case_id))


@router.post(
    "/{case_id}/status", dependencies=OwnRequest, responses=CHANGE, openapi_extra=NAMES_VERSION
)
async def change_status(
    *,
    signed: Writer,
    cases: Cases,
    response: Response,
    case_id: UUID,
    version: IfMatch,
    body: StatusBody,
) -> CaseOut:
    """Move the case to working, waiting, snoozed (until a moment) or closed (with a result)."""
    require(signed.user, await _get(cases, signed.user, case_id), "can_change")
    async with stale_as_412():
        await cases.change_status(
            case_id,
            visible_hub(signed.user),
            signed.user.id,
            version=version,
            **body.model_dump(exclude={"reason"}),
            reason=body.reason.strip(),
        )
    return await _shown(cases, response, await _get(cases, signed.user, case_id))


@router.post(
    "/{case_id}/assign", dependencies=OwnRequest, responses=CHANGE, openapi_extra=NAMES_VERSION
)
async def assign_case(
    *,
    signed: Writer,
    cases: Cases,
    response: Response,
    case_id: UUID,
    version: IfMatch,
    body: AssignBody,
) -> CaseOut:
    """Make a colleague responsible; a lead's right."""
    async with stale_as_412():
        case = await cases.work.assign(
            signed.user, case_id, version=version, assignee_id=body.assignee_id
        )
    return await _shown(cases, response, case)


@router.put(
    "/{case_id}/labels", dependencies=OwnRequest, responses=CHANGE, openapi_extra=NAMES_VERSION
)
async def set_labels(
    *,
    signed: Writer,
    cases: Cases,
    response: Response,
    case_id: UUID,
    version: IfMatch,
    body: LabelsBody,
) -> CaseOut:
    """Give the case exactly these labels."""
    async with stale_as_412():
        case = await cases.work.set_labels(
            signed.user, case_id, version=version, labels=body.labels
        )
    return await _shown(cases, response, case)


@router.put(
    "/{case_id}/priority", dependencies=OwnRequest, responses=CHANGE, openapi_extra=NAMES_VERSION
)
async def set_priority(
    *,
    signed: Writer,
    cases: Cases,
    response: Response,
    case_id: UUID,
    version: IfMatch,
    body: PriorityBody,
) -> CaseOut:
    """Say how much the case hurries, and why."""
    async with stale_as_412():
        case = await cases.work.set_priority(
            signed.user,
            case_id,
            version=version,
            priority=Priority[body.priority.upper()],
            reasons=body.reasons,
        )
    return await _shown(cases, response, case)


@router.post(
    "/{case_id}/contact", dependencies=OwnRequest, responses=CHANGE, openapi_extra=NAMES_VERSION
)
async def record_contact(
    *,
    signed: Writer,
    cases: Cases,
    response: Response,
    case_id: UUID,
    version: IfMatch,
    body: ContactBody,
) -> CaseOut:
    """Note that the owner was spoken with or written to: the promise is kept."""
    async with stale_as_412():
        case = await cases.work.record_contact(signed.user, case_id, version=version, how=body.how)
    return await _shown(cases, response, case)


@router.post(
    "/{case_id}/transfer", dependencies=OwnRequest, responses=CHANGE, openapi_extra=NAMES_VERSION
)
async def transfer_case(
    *,
    signed: Writer,
    cases: Cases,
    response: Response,
    case_id: UUID,
    version: IfMatch,
    body: TransferBody,
) -> Handed:
    """Hand the case on to another hub or the bureau, if the owner agreed to that."""
    async with stale_as_412():
        case = await cases.work.transfer(
            signed.user,
            case_id,
            version=version,
            to_hub=body.to_hub,
            reason=body.reason.strip(),
            consent=body.consent.consent() if body.consent else None,
        )
    set_tag(response, case.version)
    return Handed.from_row(case)


@router.post(
    "/{case_id}/merge", dependencies=OwnRequest, responses=CHANGE, openapi_extra=NAMES_VERSION
)
async def merge_case(
    *,
    signed: Writer,
    cases: Cases,
    response: Response,
    case_id: UUID,
    version: IfMatch,
    body: MergeBody,
) -> CaseOut:
    """Close a double, which points to the case in which the work goes on."""
    async with stale_as_412():
        case = await cases.work.merge(
            signed.user, case_id, version=version, into=body.into, reason=body.reason.strip()
        )
    return await _shown(cases, response, case)


@router.post(
    "/{case_id}/reopen", dependencies=OwnRequest, responses=CHANGE, openapi_extra=NAMES_VERSION
)
async def reopen_case(
    *,
    signed: Writer,
    cases: Cases,
    response: Response,
    case_id: UUID,
    version: IfMatch,
    body: ReopenBody,
) -> CaseOut:
    """Take a closed case up again; a merged one is a case of its own again."""
    async with stale_as_412():
        case = await cases.work.reopen(
            signed.user, case_id, version=version, reason=body.reason.strip()
        )
    return await _shown(cases, response, case)

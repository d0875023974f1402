"""Saving a file that an owner sent: bytes of strangers, which no browser is to show or run."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from desk.attachments.kinds import KINDS
from desk.attachments.names import disposition, saved_name
from desk.attachments.repository import find_with_content
from desk.audit.service import Actor, record_alone
from desk.auth.dependencies import Staff
from desk.auth.rights import visible_hub
from desk.console.case_pages import Cases, DatabaseDep
from desk.console.errors import NoFileError
from desk.console.route import HOME, ConsoleRoute

router = APIRouter(prefix=HOME, route_class=ConsoleRoute)
NUMBER_DIGITS = 8


@router.get("/cases/{case_id}/files/{file_id}")
async def save_file(
    *,
    request: Request,
    signed: Staff,
    cases: Cases,
    database: DatabaseDep,
    case_id: UUID,
    file_id: UUID,
) -> Response:
    """The bytes of a file, to be saved; who opens it stands in the audit log.

    Raises:
        CaseNotFoundError: The case is not the person's to see.
        NoFileError: The file is not of its conversation, or is not there (any more).
    """
    case = await cases.get_case(case_id, visible_hub(signed.user))
    async with database.read() as tx:
        row = await find_with_content(tx, case.conversation_id, file_id)
    if row is None or row.content is None or row.media_type is None:
        raise NoFileError("There is no such file in the conversation of this case.")
    await record_alone(
        database,
        action="file_opened",
        actor=Actor.STAFF,
        actor_id=signed.user.id,
        subject=f"attachment:{row.id}",
        details={"case_id": case.id},
    )
    name = saved_name(row.name, f"{row.kind}-{row.id.hex[-NUMBER_DIGITS:]}", KINDS[row.media_type])
    headers = {
        "Content-Disposition": disposition(name),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(bytes(row.content), media_type=row.media_type, headers=headers)

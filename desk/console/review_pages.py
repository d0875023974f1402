"""What owners said and the bot understood: the queue, one line, the figures, the export."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.background import BackgroundTask

from desk.audit import service as audit
from desk.auth.dependencies import Admin, DatabaseDep, OwnForm, SettingsDep, Staff
from desk.auth.errors import NotAllowedError
from desk.auth.rights import can_lead
from desk.auth.service import SignedIn
from desk.console.labels import labels
from desk.console.pages import render
from desk.console.route import HOME, ConsoleRoute
from desk.errors import ConflictError, UnprocessableError
from desk.review.errors import AlreadyReviewedError
from desk.review.export import make_export
from desk.review.figures import read_figures
from desk.review.models import Reason, Verdict
from desk.review.service import MAX_TEXT, ReviewService
from desk.review.tasks import TaskService
from desk.review.vocabulary import vocabulary

REVIEW = f"{HOME}/review"
PAGE_SIZE = 20
AT_ONCE = 300
"""Conversations that opening the queue looks through; the night does the rest."""
router = APIRouter(prefix=REVIEW, route_class=ConsoleRoute)


def get_reviewer(signed: Staff) -> SignedIn:
    """Who acts, if the role reviews.

    Raises:
        NotAllowedError: It does not.
    """
    if not can_lead(signed.user):
        raise NotAllowedError("Leads, the bureau and administrators review.")
    return signed


def review_service(request: Request) -> ReviewService:
    """The review of this application."""
    service: ReviewService = request.app.state.review
    return service


def task_service(request: Request) -> TaskService:
    """The list of answers to mend."""
    service: TaskService = request.app.state.knowledge_tasks
    return service


Reviewer = Annotated[SignedIn, Depends(get_reviewer)]
Review = Annotated[ReviewService, Depends(review_service)]
Tasks = Annotated[TaskService, Depends(task_service)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which lines are looked at; goes from page to page in the address."""

    reason: Reason | None
    second: bool

    def address(self, path: str, **more: Any) -> str:
        """The address of a page of the review about these lines."""
        values = {"reason": self.reason.value if self.reason else "", **more}
        values |= {"second": "1"} if self.second else {}
        query = urlencode({key: value for key, value in values.items() if value})
        return f"{REVIEW}{path}" + (f"?{query}" if query else "")


def chosen_by_query(
    reason: Annotated[Reason | Literal[""], Query()] = "",
    second: Annotated[Literal["1", ""], Query()] = "",
) -> Chosen:
    """Which lines the address names."""
    return Chosen(reason=reason or None, second=bool(second))


def chosen_by_form(
    reason: Annotated[Reason | Literal[""], Form()] = "",
    second: Annotated[Literal["1", ""], Form()] = "",
) -> Chosen:
    """Which lines the form names."""
    return Chosen(reason=reason or None, second=bool(second))


ByQuery = Annotated[Chosen, Depends(chosen_by_query)]
ByForm = Annotated[Chosen, Depends(chosen_by_form)]


@router.get("")
async def show_queue(
    request: Request, signed: Reviewer, review: Review, database: DatabaseDep, chosen: ByQuery
) -> Response:
    """The lines that wait for this person, oldest first."""
    await review.collect(most=AT_ONCE)
    lines, counts = await review.queue(
        signed.user, chosen.reason, second=chosen.second, limit=PAGE_SIZE
    )
    await audit.record_alone(
        database,
        action="review_queue_opened",
        actor=audit.Actor.STAFF,
        actor_id=signed.user.id,
        subject="review",
        details={"lines": [each.line.id for each in lines]},
    )
    page = render(
        request,
        "review_queue.html",
        signed=signed,
        chosen=chosen,
        lines=lines,
        counts=counts,
        reasons=list(Reason),
        vocabulary=vocabulary(),
    )
    # So that the first label need not wait for it.
    page.background = BackgroundTask(review.corpus)
    return page


@router.get("/next")
async def show_next(
    signed: Reviewer, review: Review, chosen: ByQuery, after: UUID | None = None
) -> Response:
    """Go to the line that waits next, or back to the queue."""
    found = await review.next_line(signed.user, chosen.reason, second=chosen.second, after=after)
    path = f"/lines/{found}" if found else ""
    return RedirectResponse(chosen.address(path), 303)


@router.get("/lines/{line_id}")
async def show_line(
    request: Request, signed: Reviewer, review: Review, chosen: ByQuery, line_id: UUID
) -> Response:
    """One line in its context."""
    return await _line_page(request, signed, review, chosen, line_id)


async def _line_page(
    request: Request,
    signed: SignedIn,
    review: ReviewService,
    chosen: Chosen,
    line_id: UUID,
    *,
    refused: ConflictError | UnprocessableError | None = None,
    typed: dict[str, Any] | None = None,
) -> Response:
    look = await review.look(signed.user, line_id)
    return render(
        request,
        "review_line.html",
        signed=signed,
        status_code=refused.status_code if refused else 200,
        error=labels()["errors"][refused.code] if refused else None,
        look=look,
        chosen=chosen,
        reasons=[reason for reason in Reason if getattr(look.line, reason.value)],
        vocabulary=vocabulary(),
        max_text=MAX_TEXT,
        typed=typed or {"text": look.text, "choice": "", "concerns": ()},
    )


@router.post("/lines/{line_id}", dependencies=[OwnForm])
async def label_line(
    *,
    request: Request,
    signed: Reviewer,
    review: Review,
    chosen: ByForm,
    line_id: UUID,
    choice: Annotated[str, Form(max_length=48)] = "",
    text: Annotated[str, Form(max_length=4000)] = "",
    concerns: Annotated[list[str] | None, Form(max_length=12)] = None,
) -> Response:
    """Keep what was said of the line and show the next one."""
    is_verdict = choice in {Verdict.UNSURE, Verdict.EXCLUDED}
    try:
        await review.label(
            signed.user,
            line_id,
            verdict=Verdict(choice) if is_verdict else Verdict.LABEL,
            text=text,
            intent=None if is_verdict else choice,
            concerns=concerns or (),
        )
    except AlreadyReviewedError:
        raise
    except (ConflictError, UnprocessableError) as exc:
        typed = {"text": text, "choice": choice, "concerns": concerns or ()}
        return await _line_page(request, signed, review, chosen, line_id, refused=exc, typed=typed)
    found = await review.next_line(signed.user, chosen.reason, second=chosen.second)
    path = f"/lines/{found}" if found else ""
    done = "review_labelled" if found else "review_finished"
    return RedirectResponse(chosen.address(path, done=done), 303)


@router.get("/figures")
async def show_figures(
    *,
    request: Request,
    signed: Reviewer,
    review: Review,
    database: DatabaseDep,
    settings: SettingsDep,
) -> Response:
    """How much people agree, and what the bot takes for what."""
    return render(
        request,
        "review_figures.html",
        signed=signed,
        figures=await read_figures(database, review, settings, signed.user),
        vocabulary=vocabulary(),
    )


@router.get("/export")
async def download_export(
    signed: Admin, review: Review, tasks: Tasks, database: DatabaseDep
) -> Response:
    """Everything that may leave, as an archive to unpack over the repository."""
    made = await make_export(database, review, tasks)
    await audit.record_alone(
        database,
        action="review_exported",
        actor=audit.Actor.STAFF,
        actor_id=signed.user.id,
        subject="review",
        details=made.counts,
    )
    headers = {"Content-Disposition": 'attachment; filename="review.zip"'}
    return Response(made.as_zip(), media_type="application/zip", headers=headers)

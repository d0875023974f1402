"""Answers of the bot that staff found wrong: the form, and the list of what is to be mended."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from desk.auth.dependencies import DatabaseDep, OwnForm, SettingsDep
from desk.auth.service import SignedIn
from desk.console import repository
from desk.console.labels import labels
from desk.console.pages import render
from desk.console.review_pages import REVIEW, Reviewer, Tasks
from desk.console.route import ConsoleRoute
from desk.errors import UnprocessableError
from desk.review.errors import AdviceSourceError
from desk.review.models import TaskState
from desk.review.tasks import MAX_RIGHT, MAX_URL, MAX_WORDS, Correction, TaskService

router = APIRouter(prefix=REVIEW, route_class=ConsoleRoute)
EMPTY = {
    "right": "",
    "must_say": "",
    "never_say": "",
    "source_url": "",
    "source_on": "",
    "with_before": False,
}


@router.get("/answers/{message_id}")
async def show_answer(
    request: Request, signed: Reviewer, tasks: Tasks, message_id: UUID
) -> Response:
    """One answer of the bot, and the form that says what is right."""
    return await _page(request, signed, tasks, message_id)


async def _page(
    request: Request,
    signed: SignedIn,
    tasks: TaskService,
    message_id: UUID,
    *,
    refused: UnprocessableError | None = None,
    typed: dict[str, Any] | None = None,
) -> Response:
    answer = await tasks.find_answer(signed.user, message_id)
    return render(
        request,
        "advice_wrong.html",
        signed=signed,
        status_code=refused.status_code if refused else 200,
        error=labels()["errors"][refused.code] if refused else None,
        message_id=message_id,
        answer=answer,
        typed=typed or {**EMPTY, "asked": answer.asked},
        max_right=MAX_RIGHT,
        max_words=MAX_WORDS,
        max_url=MAX_URL,
    )


@router.post("/answers/{message_id}", dependencies=[OwnForm])
async def mark_answer(
    *,
    request: Request,
    signed: Reviewer,
    tasks: Tasks,
    settings: SettingsDep,
    message_id: UUID,
    right: Annotated[str, Form(max_length=8000)] = "",
    must_say: Annotated[str, Form(max_length=400)] = "",
    never_say: Annotated[str, Form(max_length=400)] = "",
    source_url: Annotated[str, Form(max_length=2000)] = "",
    source_on: Annotated[str, Form(max_length=32)] = "",
    asked: Annotated[str, Form(max_length=4000)] = "",
    with_before: Annotated[bool, Form()] = False,
) -> Response:
    """Note that the answer is wrong, and what is right."""
    try:
        correction = Correction(
            right=right,
            must_say=must_say,
            never_say=never_say,
            source_url=source_url,
            source_on=_day(source_on),
            asked=asked,
            with_before=with_before,
        )
        await tasks.add(signed.user, message_id, correction, today=settings.today_jst())
    except UnprocessableError as exc:
        typed = {
            "right": right,
            "must_say": must_say,
            "never_say": never_say,
            "source_url": source_url,
            "source_on": source_on,
            "asked": asked,
            "with_before": with_before,
        }
        return await _page(request, signed, tasks, message_id, refused=exc, typed=typed)
    return RedirectResponse(f"{REVIEW}/tasks?done=task_opened", 303)


@router.get("/tasks")
async def show_tasks(
    *,
    request: Request,
    signed: Reviewer,
    tasks: Tasks,
    database: DatabaseDep,
    state: Annotated[TaskState, Query()] = TaskState.OPEN,
) -> Response:
    """What is to be mended, or was."""
    found = await tasks.list_tasks(signed.user, state)
    people = {item.task.created_by for item in found}
    people |= {item.task.done_by for item in found if item.task.done_by}
    async with database.read() as tx:
        names = await repository.names_of(tx, [*people])
    return render(
        request, "knowledge_tasks.html", signed=signed, tasks=found, state=state, names=names
    )


@router.post("/tasks/{task_id}/state", dependencies=[OwnForm])
async def set_task_state(
    signed: Reviewer, tasks: Tasks, task_id: UUID, state: Annotated[TaskState, Form()]
) -> Response:
    """Mark a task as done, or open it again."""
    await tasks.set_state(signed.user, task_id, state)
    done = "task_done" if state is TaskState.DONE else "task_reopened"
    return RedirectResponse(f"{REVIEW}/tasks?done={done}", 303)


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed.strip())
    except ValueError as exc:
        raise AdviceSourceError("Give the day on which the source said so.") from exc

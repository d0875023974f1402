"""The nightly comparison's reports, and the jobs that were given up."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from desk.auth.dependencies import OwnForm, SettingsDep, Staff
from desk.auth.errors import NotAllowedError
from desk.auth.rights import can_write, visible_hub
from desk.auth.service import SignedIn
from desk.console.case_pages import DatabaseDep
from desk.console.pages import render
from desk.console.route import HOME, ConsoleRoute
from desk.jobs import service as jobs
from desk.notify.outbox import DELIVER_JOB
from desk.reconcile.service import ReconcileService

REPORTS = f"{HOME}/reconciliation"
router = APIRouter(prefix=REPORTS, route_class=ConsoleRoute)


def get_wide(signed: Staff) -> SignedIn:
    """Who acts, if the role sees every hub.

    Raises:
        NotAllowedError: It sees one hub only.
    """
    if visible_hub(signed.user) is not None:
        raise NotAllowedError("Reports span all hubs.")
    return signed


def get_wide_writer(signed: Annotated[SignedIn, Depends(get_wide)]) -> SignedIn:
    """Who acts, if the role sees every hub and may change things.

    Raises:
        NotAllowedError: It may only look, or sees one hub only.
    """
    if not can_write(signed.user):
        raise NotAllowedError("This role may only look.")
    return signed


def reconcile_service(request: Request) -> ReconcileService:
    """The comparison of this application."""
    service: ReconcileService = request.app.state.reconcile
    return service


Wide = Annotated[SignedIn, Depends(get_wide)]
WideWriter = Annotated[SignedIn, Depends(get_wide_writer)]
Reconcile = Annotated[ReconcileService, Depends(reconcile_service)]


@router.get("")
async def show_reports(
    *,
    request: Request,
    signed: Wide,
    reconcile: Reconcile,
    database: DatabaseDep,
    settings: SettingsDep,
) -> Response:
    """The latest reports, with what the newest found, and the dead jobs.

    Dead deliveries have a page of their own.
    """
    async with database.read() as tx:
        dead = [job for job in await jobs.list_dead(tx) if job.kind != DELIVER_JOB]
    return render(
        request,
        "reconciliation.html",
        signed=signed,
        reports=await reconcile.list_reports(),
        dead_jobs=dead,
        may_write=can_write(signed.user),
        nightly_at=settings.nightly_at.strftime("%H:%M"),
    )


@router.post("/run", dependencies=[OwnForm])
async def run_now(signed: WideWriter, reconcile: Reconcile) -> Response:
    """Compare now."""
    await reconcile.run_now()
    return RedirectResponse(f"{REPORTS}?done=reconciled", 303)


@router.post("/jobs/{job_id}/retry", dependencies=[OwnForm])
async def retry_job(signed: WideWriter, reconcile: Reconcile, job_id: UUID) -> Response:
    """Queue a job that was given up once more."""
    await reconcile.retry_job(job_id, by=signed.user.id)
    return RedirectResponse(f"{REPORTS}?done=job_retried", 303)

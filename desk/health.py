"""`/healthz`, `/readyz` and `/metrics`, for whoever watches the service."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from desk import disk
from desk.config import Settings
from desk.errors import problem

router = APIRouter(tags=["operation"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """200 while the process runs."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """200 only when a message would be answered now: database, its disk and Rasa are there.

    `degraded` names what is away without stopping anything: without the signals, streams
    learn of other processes' rows by looking, some seconds later; with little room on the
    disk, somebody has to make some.
    """
    state = request.app.state
    settings: Settings = state.settings
    free = disk.free_bytes(settings.data)
    state.metrics.disk_free.set(free)
    missing = []
    if state.database.is_sqlite and free < disk.NO_ROOM_BYTES:
        missing.append("disk")
    try:
        async with state.database.read() as tx:
            await tx.execute(text("SELECT 1"))
    except SQLAlchemyError:
        missing.append("database")
    if not await state.engine.is_ready():
        missing.append("rasa")
    if missing:
        detail = f"Not ready: {', '.join(missing)}."
        return problem(503, "not_ready", detail, retry_after=2, missing=missing)
    degraded = [] if state.signals.is_connected else ["signals"]
    if free < settings.disk_warning_mb * disk.MEGABYTE:
        degraded.append("disk")
    return JSONResponse({"status": "ready", "degraded": degraded})


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Metrics in Prometheus's text format."""
    rendered: Response = request.app.state.metrics.render()
    return rendered

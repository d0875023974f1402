"""What hubs were told and where: the deliveries, and the targets for administrators."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from desk.auth.dependencies import Admin, Auth, OwnForm, SettingsDep, Staff, Writer
from desk.auth.rights import can_write, visible_hub
from desk.auth.service import SignedIn
from desk.console.labels import labels
from desk.console.pages import render
from desk.console.route import HOME, ConsoleRoute
from desk.notify.errors import TargetRefusedError
from desk.notify.messages import RECORD_VALUES
from desk.notify.models import TargetKind, TargetLevel
from desk.notify.ports import PRINTED
from desk.notify.service import NotifyService
from desk.notify.targets import TargetDraft, TargetService

DELIVERIES = f"{HOME}/deliveries"
TARGETS = f"{HOME}/targets"
PAGE_SIZE = 50
LAST_PAGE = 2000
router = APIRouter(prefix=HOME, route_class=ConsoleRoute)


def notify_service(request: Request) -> NotifyService:
    """The notifications of this application."""
    service: NotifyService = request.app.state.notify
    return service


def target_service(request: Request) -> TargetService:
    """The targets of this application."""
    service: TargetService = request.app.state.targets
    return service


Notify = Annotated[NotifyService, Depends(notify_service)]
Targets = Annotated[TargetService, Depends(target_service)]


@router.get("/deliveries")
async def show_deliveries(
    *,
    request: Request,
    signed: Staff,
    auth: Auth,
    notify: Notify,
    show: Annotated[str, Query(max_length=8)] = "open",
    page: Annotated[int, Query(ge=1, le=LAST_PAGE)] = 1,
) -> Response:
    """What was sent to the person's hub, first what did not arrive."""
    hub_id = visible_hub(signed.user)
    deliveries = await notify.list_deliveries(
        hub_id, only_open=show != "all", limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE
    )
    return render(
        request,
        "deliveries.html",
        signed=signed,
        deliveries=deliveries,
        hubs=auth.hubs,
        show="all" if show == "all" else "open",
        page=page,
        printed=PRINTED,
        may_retry=can_write(signed.user),
        sees_all_hubs=hub_id is None,
    )


@router.post("/deliveries/{delivery_id}/retry", dependencies=[OwnForm])
async def retry_delivery(signed: Writer, notify: Notify, delivery_id: UUID) -> Response:
    """Have a delivery that was given up tried again."""
    await notify.retry(delivery_id, visible_hub(signed.user), by=signed.user.id)
    return RedirectResponse(f"{DELIVERIES}?done=retried", 303)


async def _targets_page(
    request: Request,
    signed: SignedIn,
    targets: TargetService,
    settings: Any,
    *,
    status_code: int = 200,
    **more: Any,
) -> Response:
    context: dict[str, Any] = {"error": None, "typed": {}}
    return render(
        request,
        "targets.html",
        signed=signed,
        status_code=status_code,
        targets=await targets.list_targets(),
        silent=await targets.list_silent_hubs(),
        without_lead=await targets.list_hubs_without_lead(),
        levels=list(TargetLevel),
        hubs=targets.hubs,
        kinds=list(TargetKind),
        values=RECORD_VALUES,
        prints_only=settings.notify_mode == "print",
        **{**context, **more},
    )


@router.get("/targets")
async def show_targets(
    request: Request, signed: Admin, targets: Targets, settings: SettingsDep
) -> Response:
    """Every target, the hubs that have none, and the form for a new one."""
    return await _targets_page(request, signed, targets, settings)


@router.post("/targets", dependencies=[OwnForm])
async def save_target(
    *,
    request: Request,
    signed: Admin,
    targets: Targets,
    settings: SettingsDep,
    hub_id: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "",
    level: Annotated[str, Form()] = TargetLevel.HUB,
    address: Annotated[str, Form()] = "",
    app_id: Annotated[str, Form()] = "",
    fields: Annotated[str, Form()] = "",
    secrets: Annotated[str, Form()] = "",
) -> Response:
    """Add a target, or bring the one with the same address up to date."""
    pairs = [line.partition("=") for line in fields.splitlines() if line.strip()]
    draft = TargetDraft(
        hub_id=hub_id,
        kind=kind,
        level=level,
        address=address.strip(),
        app=app_id.strip(),
        field_map={ours.strip(): theirs.strip() for ours, _, theirs in pairs},
        secret_names=tuple(secrets.split()),
    )
    try:
        await targets.save(draft, by=signed.user.id)
    except TargetRefusedError as exc:
        typed = {
            "hub_id": hub_id,
            "kind": kind,
            "level": level,
            "address": address,
            "app_id": app_id,
            "fields": fields,
            "secrets": secrets,
        }
        error = labels()["target_flaws"][exc.flaw]
        return await _targets_page(
            request,
            signed,
            targets,
            settings,
            status_code=exc.status_code,
            error=error,
            typed=typed,
        )
    return RedirectResponse(f"{TARGETS}?done=target_saved", 303)


@router.post("/targets/{target_id}/test", dependencies=[OwnForm])
async def test_target(signed: Admin, targets: Targets, target_id: UUID) -> Response:
    """Send a test notice; what became of it stands among the deliveries."""
    await targets.queue_test(target_id, by=signed.user.id)
    return RedirectResponse(f"{DELIVERIES}?show=all&done=test_queued", 303)


@router.post("/targets/{target_id}/switch", dependencies=[OwnForm])
async def switch_target(
    signed: Admin, targets: Targets, target_id: UUID, on: Annotated[bool, Form()]
) -> Response:
    """Switch a target on or off."""
    await targets.switch(target_id, enabled=on, by=signed.user.id)
    return RedirectResponse(f"{TARGETS}?done=target_switched", 303)


@router.post("/targets/{target_id}/remove", dependencies=[OwnForm])
async def remove_target(signed: Admin, targets: Targets, target_id: UUID) -> Response:
    """Take a target away."""
    await targets.remove(target_id, by=signed.user.id)
    return RedirectResponse(f"{TARGETS}?done=target_removed", 303)

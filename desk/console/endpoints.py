"""The console at `/console`: server-rendered pages for staff."""

from fastapi import APIRouter, Depends, Request, Response

from desk.console import (
    account_pages,
    advice_pages,
    bulk_pages,
    case_forms,
    case_pages,
    double_pages,
    file_pages,
    hub_pages,
    line_pages,
    login_pages,
    mention_pages,
    notify_pages,
    queue_pages,
    reconcile_pages,
    report_pages,
    review_pages,
    search_pages,
    talk_pages,
    user_pages,
)
from desk.console.pages import render_error
from desk.console.route import HOME, ConsoleRoute

router = APIRouter(
    include_in_schema=False, dependencies=[Depends(mention_pages.count_unread_mentions)]
)
router.include_router(login_pages.router)
router.include_router(account_pages.router)
router.include_router(case_pages.router)
router.include_router(queue_pages.router)
router.include_router(bulk_pages.router)
router.include_router(search_pages.router)
router.include_router(case_forms.router)
router.include_router(double_pages.router)
router.include_router(file_pages.router)
router.include_router(mention_pages.router)
router.include_router(hub_pages.router)
router.include_router(talk_pages.router)
router.include_router(user_pages.router)
router.include_router(notify_pages.router)
router.include_router(reconcile_pages.router)
router.include_router(report_pages.router)
router.include_router(line_pages.router)
router.include_router(review_pages.router)
router.include_router(advice_pages.router)

_rest = APIRouter(prefix=HOME, route_class=ConsoleRoute)


@_rest.get("/{rest:path}")
async def show_not_found(request: Request, rest: str) -> Response:
    """Say that there is no such page; the last route of the console."""
    return render_error(request, "not_found", 404)


router.include_router(_rest)

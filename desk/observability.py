"""Logs and metrics. Logs hold ids, counts and durations; no text, no names."""

import logging
import sys
import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

import structlog
from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

log = structlog.get_logger()


def set_up_logging(lowest: int = logging.INFO) -> None:
    """Log JSON lines to standard error; readable lines where a person watches.

    Args:
        lowest: Level from which events are logged.
    """
    is_terminal = sys.stderr.isatty()
    renderer = (
        structlog.dev.ConsoleRenderer() if is_terminal else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(lowest),
        # Looked up at each event: a command may have run with another standard error.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


class Metrics:
    """Counters of one application, read at `/metrics`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = Counter(
            "jinjibu_requests_total", "HTTP requests", labels, registry=self.registry
        )
        self.seconds = Histogram(
            "jinjibu_request_seconds", "Time to answer", ("route",), registry=self.registry
        )

        self.deliveries = Counter(
            "jinjibu_deliveries_total",
            "Notices to hubs, by kind of target and outcome",
            ("kind", "outcome"),
            registry=self.registry,
        )
        self.findings = Gauge(
            "jinjibu_reconciliation_findings",
            "What the latest nightly comparison of this process found",
            registry=self.registry,
        )

    def count_delivery(self, kind: str, outcome: str) -> None:
        """Count one attempt to tell a hub: sent, failed, dead or cancelled."""
        self.deliveries.labels(kind, outcome).inc()

    def render(self) -> Response:
        """The metrics in Prometheus's text format."""
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)


def install_request_log(app: FastAPI, metrics: Metrics) -> None:
    """Give each request an id, log it once, count it."""

    @app.middleware("http")
    async def observe(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        request_id = uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        begin = time.perf_counter()
        response = await call_next(request)
        seconds = time.perf_counter() - begin
        route = getattr(request.scope.get("route"), "path", "other")
        metrics.requests.labels(request.method, route, response.status_code).inc()
        metrics.seconds.labels(route).observe(seconds)
        response.headers["X-Request-Id"] = request_id
        if route not in {"/healthz", "/readyz", "/metrics"}:
            log.info(
                "request",
                method=request.method,
                route=route,
                status=response.status_code,
                milliseconds=round(seconds * 1000, 1),
                staff_id=getattr(request.state, "staff_id", None),
            )
        return response

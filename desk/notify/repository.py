"""SQL of the notifications."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import load_only

from desk.db import Transaction, now
from desk.notify.models import (
    Delivery,
    DeliveryPruning,
    DeliveryState,
    NotificationSecret,
    NotificationTarget,
)


async def list_targets(tx: Transaction, hub_id: str | None = None) -> Sequence[NotificationTarget]:
    """Targets that were not removed, of one hub or of all, by hub and age."""
    query = select(NotificationTarget).where(NotificationTarget.removed_at.is_(None))
    if hub_id is not None:
        query = query.where(NotificationTarget.hub_id == hub_id)
    query = query.order_by(NotificationTarget.hub_id, NotificationTarget.id)
    return (await tx.scalars(query)).all()


async def find_target(tx: Transaction, target_id: UUID) -> NotificationTarget | None:
    """The target, also if it was removed."""
    return await tx.get(NotificationTarget, target_id)


async def find_same_target(
    tx: Transaction, hub_id: str, kind: str, address: str, app: str
) -> NotificationTarget | None:
    """The target of this hub with this address, also if it was removed."""
    query = select(NotificationTarget).where(
        NotificationTarget.hub_id == hub_id,
        NotificationTarget.kind == kind,
        NotificationTarget.address == address,
        NotificationTarget.app == app,
    )
    return (await tx.scalars(query)).one_or_none()


async def find_secret(tx: Transaction, name: str) -> NotificationSecret | None:
    """The stored secret of this name."""
    query = select(NotificationSecret).where(NotificationSecret.name == name)
    return (await tx.scalars(query)).one_or_none()


async def list_secrets(tx: Transaction) -> Sequence[NotificationSecret]:
    """Every stored secret, by name; only its name and time are read."""
    columns = load_only(NotificationSecret.name, NotificationSecret.updated_at)
    query = select(NotificationSecret).options(columns).order_by(NotificationSecret.name)
    return (await tx.scalars(query)).all()


async def add_delivery(tx: Transaction, values: dict[str, Any]) -> UUID | None:
    """Note a delivery; None if this event was noted for this target before."""
    insert = sqlite_insert if tx.is_sqlite else postgresql_insert
    statement = (
        insert(Delivery)
        .values(values)
        .on_conflict_do_nothing(index_elements=["event_key", "target_id"])
        .returning(Delivery.id)
    )
    return (await tx.execute(statement)).scalar_one_or_none()


async def get_delivery(tx: Transaction, delivery_id: UUID) -> Delivery:
    """The delivery; it exists, since only ids of stored ones are passed on."""
    return await tx.get_one(Delivery, delivery_id)


def _visible_to(hub_id: str | None) -> Any:
    return Delivery.id.is_not(None) if hub_id is None else Delivery.hub_id == hub_id


async def find_visible_delivery(
    tx: Transaction, delivery_id: UUID, hub_id: str | None
) -> Delivery | None:
    """The delivery, if it is of this hub (None: of any)."""
    query = select(Delivery).where(Delivery.id == delivery_id, _visible_to(hub_id))
    return (await tx.scalars(query)).one_or_none()


async def list_deliveries(
    tx: Transaction,
    hub_id: str | None,
    *,
    states: Sequence[DeliveryState] | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Sequence[tuple[Delivery, NotificationTarget]]:
    """Deliveries of the hub (None: of all) with their targets, newest first."""
    query = (
        select(Delivery, NotificationTarget)
        .join(NotificationTarget, NotificationTarget.id == Delivery.target_id)
        .where(_visible_to(hub_id))
    )
    if states is not None:
        query = query.where(Delivery.state.in_(list(states)))
    query = query.order_by(Delivery.id.desc()).limit(limit).offset(offset)
    return [(delivery, target) for delivery, target in await tx.execute(query)]


async def count_in_state(tx: Transaction, hub_id: str | None, state: DeliveryState) -> int:
    """How many deliveries of the hub (None: of all) stand in `state`."""
    query = select(func.count()).where(_visible_to(hub_id), Delivery.state == state)
    return int((await tx.execute(query)).scalar_one())


async def move(
    tx: Transaction,
    delivery_id: UUID,
    state: DeliveryState,
    *,
    since: DeliveryState = DeliveryState.PENDING,
    **values: Any,
) -> bool:
    """Move a delivery from the state `since`; False if it does not stand there any more."""
    result = await tx.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == since)
        .values(state=state, **values)
    )
    return bool(getattr(result, "rowcount", 0))


async def note_failure(tx: Transaction, delivery_id: UUID, error: str, moment: datetime) -> None:
    """Keep what went wrong, where staff see it; the delivery stays pending."""
    await tx.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == DeliveryState.PENDING)
        .values(attempts=Delivery.attempts + 1, last_error=error, last_tried_at=moment)
    )


async def note_pruning(tx: Transaction, before: datetime) -> None:
    """Note that deliveries from before this moment may be gone from now on."""
    known = await find_pruned_before(tx)
    moment = before if known is None else max(known, before)
    insert = sqlite_insert if tx.is_sqlite else postgresql_insert
    statement = insert(DeliveryPruning).values(id=1, before=moment)
    await tx.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_={"before": moment})
    )


async def find_pruned_before(tx: Transaction) -> datetime | None:
    """Before when deliveries may be gone; None if none were ever deleted."""
    return (await tx.scalars(select(DeliveryPruning.before))).one_or_none()


async def switch_off(tx: Transaction, target_id: UUID, reason: str) -> None:
    """Switch a target off because it said that it wants nothing any more."""
    await tx.execute(
        update(NotificationTarget)
        .where(NotificationTarget.id == target_id)
        .values(enabled=False, disabled_reason=reason, updated_at=now())
    )

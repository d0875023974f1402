"""People's own views of the queue, and which one they used last."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from desk.auth.models import StaffUser
from desk.console.errors import TooManyViewsError, ViewNameError
from desk.console.models import LONGEST_NAME, QueueHabit, SavedView
from desk.console.wanted import View, Wanted, built_in_views, wanted_of
from desk.db import Database, Transaction, new_id, now
from desk.errors import NotFoundError

MOST_VIEWS = 30


async def list_views(database: Database, user: StaffUser) -> Sequence[View]:
    """The built-in views of the person's role and their own ones."""
    query = select(SavedView).where(SavedView.user_id == user.id).order_by(SavedView.name)
    async with database.read() as tx:
        saved = (await tx.scalars(query)).all()
    own = [View(id=str(row.id), name=row.name, wanted=wanted_of(row.wanted)) for row in saved]
    return [*built_in_views(user.role), *own]


async def save_view(database: Database, user: StaffUser, name: str, wanted: Wanted) -> UUID:
    """Keep a view under a name; one of the same name is replaced.

    Raises:
        ViewNameError: It has no name, or too long a one.
        TooManyViewsError: The person has as many as there may be.
    """
    name = " ".join(name.replace("\0", "").split())
    if not name or len(name) > LONGEST_NAME:
        raise ViewNameError(f"A view has a name of at most {LONGEST_NAME} characters.")
    async with database.write() as tx:
        count = select(func.count()).where(SavedView.user_id == user.id, SavedView.name != name)
        if (await tx.execute(count)).scalar_one() >= MOST_VIEWS:
            raise TooManyViewsError(f"At most {MOST_VIEWS} views.")
        insert = sqlite_insert if tx.is_sqlite else postgresql_insert
        values = {"id": new_id(), "user_id": user.id, "name": name, "created_at": now()}
        statement = insert(SavedView).values(**values, wanted=wanted.to_json())
        statement = statement.on_conflict_do_update(
            index_elements=["user_id", "name"], set_={"wanted": wanted.to_json()}
        )
        found = await tx.execute(statement.returning(SavedView.id))
        return found.scalar_one()


async def remove_view(database: Database, user: StaffUser, view_id: UUID) -> None:
    """Remove one of the person's own views.

    Raises:
        NotFoundError: They have no such view.
    """
    async with database.write() as tx:
        gone = await tx.execute(
            delete(SavedView)
            .where(SavedView.id == view_id, SavedView.user_id == user.id)
            .returning(SavedView.id)
        )
        if gone.scalar_one_or_none() is None:
            raise NotFoundError("You have no such view.")


async def find_habit(database: Database, user: StaffUser) -> QueueHabit:
    """How the person uses the queue; the defaults if they have not said."""
    async with database.read() as tx:
        found = await tx.get(QueueHabit, user.id)
    return found or QueueHabit(user_id=user.id, view=None, has_shortcuts=True)


async def remember_view(database: Database, user: StaffUser, view_id: str) -> None:
    """Note which view was used last; nothing is written if it is the same."""
    if (await find_habit(database, user)).view != view_id:
        async with database.write() as tx:
            await _set_habit(tx, user, view=view_id)


async def switch_shortcuts(database: Database, user: StaffUser, *, on: bool) -> None:
    """Have single keys do something in the queue, or not."""
    async with database.write() as tx:
        await _set_habit(tx, user, has_shortcuts=on)


async def _set_habit(tx: Transaction, user: StaffUser, **values: str | bool) -> None:
    insert = sqlite_insert if tx.is_sqlite else postgresql_insert
    statement = insert(QueueHabit).values(**{"user_id": user.id, "has_shortcuts": True, **values})
    statement = statement.on_conflict_do_update(index_elements=["user_id"], set_=values)
    await tx.execute(statement)

"""SQL of authenticator apps and recovery codes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update

from desk.auth.models import RecoveryCode, StaffTotp
from desk.db import Transaction


async def find_totp(tx: Transaction, user_id: UUID) -> StaffTotp | None:
    """The person's authenticator app, set up or waiting for its first code."""
    query = select(StaffTotp).where(StaffTotp.user_id == user_id)
    return (await tx.scalars(query, execution_options={"populate_existing": True})).one_or_none()


async def use_step(tx: Transaction, user_id: UUID, step: int) -> bool:
    """Use a time-step up; False if it, or a later one, was used before."""
    used = await tx.execute(
        update(StaffTotp)
        .where(StaffTotp.user_id == user_id, StaffTotp.last_step < step)
        .values(last_step=step)
        .returning(StaffTotp.user_id)
    )
    return used.one_or_none() is not None


async def find_recovery_code(tx: Transaction, user_id: UUID, slot: int) -> RecoveryCode | None:
    """The person's unused code of this slot."""
    query = select(RecoveryCode).where(
        RecoveryCode.user_id == user_id, RecoveryCode.slot == slot, RecoveryCode.used_at.is_(None)
    )
    return (await tx.scalars(query)).one_or_none()


async def use_recovery_code(tx: Transaction, code_id: UUID, moment: datetime) -> bool:
    """Use a recovery code up; False if somebody else did."""
    used = await tx.execute(
        update(RecoveryCode)
        .where(RecoveryCode.id == code_id, RecoveryCode.used_at.is_(None))
        .values(used_at=moment)
        .returning(RecoveryCode.id)
    )
    return used.one_or_none() is not None


async def count_recovery_codes(tx: Transaction, user_id: UUID) -> int:
    """How many unused recovery codes the person has."""
    query = select(func.count()).where(
        RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)
    )
    return int((await tx.execute(query)).scalar_one())


async def drop_recovery_codes(tx: Transaction, user_id: UUID) -> None:
    """Forget every recovery code of the person."""
    await tx.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


async def drop_totp(tx: Transaction, user_id: UUID) -> None:
    """Forget the person's authenticator app."""
    await tx.execute(delete(StaffTotp).where(StaffTotp.user_id == user_id))

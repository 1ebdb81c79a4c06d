"""Keys, which are sealed, and endpoints of users. Where there is no owner it is everyone's."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.columns import Base, Id

# Two rows without an owner are different to a unique index, so those have one of their own.
EVERYONES = text("owner_id IS NULL")


class ProviderKeyRow(Base):
    __tablename__ = "provider_keys"
    __table_args__ = (
        Index("ix_provider_keys_own", "owner_id", "endpoint", unique=True),
        Index(
            "ix_provider_keys_shared",
            "endpoint",
            unique=True,
            sqlite_where=EVERYONES,
            postgresql_where=EVERYONES,
        ),
    )

    id: Mapped[Id]
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    endpoint: Mapped[str]
    # Where it was meant to be sent; it is sealed to that.
    base_url: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    # The last characters, by which its owner recognises it.
    shown: Mapped[str]
    saved_at: Mapped[datetime]
    tested_at: Mapped[datetime | None]


class EndpointRow(Base):
    __tablename__ = "endpoints"
    __table_args__ = (
        CheckConstraint("dialect IN ('chat', 'responses', 'messages')", name="dialect"),
        Index("ix_endpoints_own", "owner_id", "name", unique=True),
        Index("ix_endpoints_shared", "name", unique=True, sqlite_where=EVERYONES, postgresql_where=EVERYONES),
    )

    id: Mapped[Id]
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    display_name: Mapped[str]
    base_url: Mapped[str]
    dialect: Mapped[str]
    discovers: Mapped[bool]
    models: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

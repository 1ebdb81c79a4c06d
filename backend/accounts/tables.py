"""Users and everything by which they sign in. Secrets are here as hashes only."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.columns import Base, Id


class UserRow(Base):
    __tablename__ = "users"
    __table_args__ = (CheckConstraint("role IN ('owner', 'admin', 'member', 'viewer')", name="role"),)

    id: Mapped[Id]
    # In lower case: the same address is the same person.
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str | None]
    role: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class DeviceRow(Base):
    """One sign-in and all refresh tokens that came of it: a family."""

    __tablename__ = "devices"
    __table_args__ = (Index(None, "user_id", "revoked_at"),)

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    user_agent: Mapped[str]
    address: Mapped[str]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    # However often it is used.
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class RefreshTokenRow(Base):
    __tablename__ = "refresh_tokens"
    __table_args__ = (Index(None, "device_id"),)

    hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiKeyRow(Base):
    __tablename__ = "api_keys"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    # The beginning, by which its owner recognises it.
    shown: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class LinkRow(Base):
    """A link that does one thing once: sign the first owner in, invite somebody, set a new password."""

    __tablename__ = "links"
    __table_args__ = (CheckConstraint("purpose IN ('owner', 'invitation', 'password')", name="purpose"),)

    id: Mapped[Id]
    purpose: Mapped[str]
    hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    # For an invitation: who, if it is for one person only, and as what.
    email: Mapped[str | None]
    role: Mapped[str | None]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class IdentityRow(Base):
    """Who a user is at another issuer (OpenID Connect)."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"), Index(None, "user_id"))

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    issuer: Mapped[str]
    subject: Mapped[str]
    created_at: Mapped[datetime]


class AuditRow(Base):
    """Who did what, when, from where. Nothing refers to it and it refers to nothing: it outlives both."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "at"), Index(None, "user_id", "at"))

    id: Mapped[Id]
    at: Mapped[datetime]
    user_id: Mapped[UUID | None]
    # As they were called then.
    email: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    address: Mapped[str]
    request_id: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSON)

"""Attachments, what they hold, and the turns that they went along with."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.columns import Base, Id


class BlobRow(Base):
    """One content on the disk, whoever has it. Whoever begins to need it, or removes it, holds its row."""

    __tablename__ = "blobs"

    digest: Mapped[str] = mapped_column(primary_key=True)


class AttachmentRow(Base):
    __tablename__ = "attachments"
    __table_args__ = (Index(None, "owner_id"), Index(None, "digest"), Index(None, "created_at"))

    id: Mapped[Id]
    # Others may see it in a comparison when its owner has gone.
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    digest: Mapped[str] = mapped_column(ForeignKey("blobs.digest"))
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    width: Mapped[int | None]
    height: Mapped[int | None]
    created_at: Mapped[datetime]


class UseRow(Base):
    """A turn has it. While there is one, the attachment stays."""

    __tablename__ = "attachment_uses"
    __table_args__ = (Index(None, "attachment_id"), Index(None, "comparison_id"))

    turn_id: Mapped[UUID] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    comparison_id: Mapped[UUID] = mapped_column(ForeignKey("comparisons.id", ondelete="CASCADE"))
    attachment_id: Mapped[UUID] = mapped_column(ForeignKey("attachments.id"))

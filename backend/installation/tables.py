"""The one row about this installation."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.columns import Base, Id


class InstallationRow(Base):
    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("singleton = 1", name="one_row"),)

    id: Mapped[Id]
    # Unique and always 1: the database itself keeps a second row out.
    singleton: Mapped[int] = mapped_column(unique=True, default=1)
    created_at: Mapped[datetime]
    last_started_at: Mapped[datetime]
    version: Mapped[str]

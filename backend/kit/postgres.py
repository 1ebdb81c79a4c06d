"""The engine for a PostgreSQL server."""

from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from backend.kit.database_url import PostgresServer

CONNECTIONS: Final = 10
_CONNECT_SECONDS: Final = 10
_STATEMENT_SECONDS: Final = 30


def engine(server: PostgresServer) -> AsyncEngine:
    # The address goes to asyncpg as it is: it reads libpq's parameters, and no engine's repr has a password.
    result = create_async_engine(
        "postgresql+asyncpg://",
        pool_size=CONNECTIONS,
        max_overflow=0,
        hide_parameters=True,
        connect_args={
            "dsn": server.dsn,
            "timeout": _CONNECT_SECONDS,
            # For a server that no longer answers at all; one that does keeps the statement timeout itself.
            "command_timeout": _STATEMENT_SECONDS + 5,
            "server_settings": {
                "application_name": "bakeoff",
                "statement_timeout": f"{_STATEMENT_SECONDS}s",
                "lock_timeout": "10s",
                "idle_in_transaction_session_timeout": "60s",
                # Compiling a query of ours costs more than it saves.
                "jit": "off",
            },
        },
    )

    @event.listens_for(result.sync_engine, "checkout")
    def refuse_a_dead_connection(_connection: Any, record: Any, _proxy: Any) -> None:
        # asyncpg sees the server hang up, so no ping is needed; the pool then connects anew.
        if record.driver_connection.is_closed():
            raise DisconnectionError

    return result


def reading(writer: AsyncEngine) -> AsyncEngine:
    """The same pool; transactions that cannot write and see one moment, as they do on SQLite."""
    return writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

"""Turns are counted for whoever starts one, by whichever way."""

from typing import cast

from backend.accounts.callers import Caller
from backend.accounts.door import AnyRequest
from backend.comparisons.studio import Studio
from backend.kit.application import Scope
from backend.limits.askers import Asker
from backend.limits.http import hold_to


async def count_turn(request: AnyRequest, caller: Caller, studio: Studio) -> None:
    client = request.scope.get("client")
    asker = Asker.of(client[0] if client else None, caller)
    await hold_to([studio.turns], asker, studio.buckets, cast("Scope", request.scope))

"""Which prompts an unreliable character fails at, and how: always the same for the same prompt and seed."""

from dataclasses import replace

from backend.providers.simulator.cast import Character
from backend.providers.simulator.dice import Dice, digest
from backend.providers.simulator.faults import Break, Breakage, Faults, Refusal
from backend.providers.simulator.refusals import Reason


def tempered(character: Character, faults: Faults, seed: bytes) -> Faults:
    """What was asked for has precedence: a fault by name is not mixed with one of the character's own."""
    dice = Dice(digest(seed.hex(), "temper"))
    if dice.number(100) >= character.failing_percent or faults != faults.past():
        return faults
    after = 5 + dice.number(40)
    own = dice.pick(
        (
            Faults(refusal=Refusal(Reason.OVERLOADED)),
            Faults(refusal=Refusal(Reason.LIMITED, "seconds", 1), first=1),
            Faults(breakage=Breakage(Break.CUT, after)),
            Faults(breakage=Breakage(Break.ERROR, after)),
            Faults(breakage=Breakage(Break.END, after)),
        )
    )
    return replace(own, tokens=faults.tokens, pace=faults.pace, ttft=faults.ttft, seed=faults.seed)

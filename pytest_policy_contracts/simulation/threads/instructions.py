"""Where this CPython lets another thread run: read off the bytecode.

The interpreter looks for such a request after a call, after RESUME at a function's entry, and at a backward jump
(ceval.c, CHECK_EVAL_BREAKER). A place counts only when it is reached that way: the instruction after a call may also be
the target of a jump over the call, and then nobody looks. Pure functions of a code object.

Approximation: after a call of a Python function the interpreter looks at the callee's entry and not on its return; the
return counts as a place here, because a trace function cannot see what is called.
"""

from __future__ import annotations

import dis
import functools
from types import CodeType

POINT, MARK, CLEAR, MAYBE = 1, 2, 4, 8
"""What to do before an instruction: a switch point; note or forget that a call leads to `MAYBE`; a point if noted."""

_NO_LOOK = ("CALL_INTRINSIC_1", "CALL_INTRINSIC_2")
_JUMPS = frozenset(dis.hasjrel) | frozenset(dis.hasjabs)


@functools.lru_cache(maxsize=4096)
def looks(code: CodeType) -> dict[int, int]:
    """Return, by offset of an instruction after which the interpreter looks, the offset it then stands at."""
    found: dict[int, int] = {}
    looking: int | None = None
    for instruction in dis.get_instructions(code):
        if looking is not None:
            found[looking] = instruction.offset
        looking = instruction.offset if _looks_after(instruction) else None
        if _is_backward(instruction):
            found[instruction.offset] = int(instruction.argval)
    return found


def _looks_after(instruction: dis.Instruction) -> bool:
    name = instruction.opname
    if name == "RESUME":
        # Argument 2 and above: after `yield from` and `await`, where the interpreter does not look.
        return (instruction.arg or 0) & 3 < 2
    return name.startswith("CALL") and name not in _NO_LOOK


def _is_backward(instruction: dis.Instruction) -> bool:
    name = instruction.opname
    return "JUMP" in name and "BACKWARD" in name and "NO_INTERRUPT" not in name


@functools.lru_cache(maxsize=4096)
def gil_actions(code: CodeType) -> dict[int, int]:
    """Return what to do before which instruction to meet exactly the places of `looks`, without tracing the others."""
    instructions = list(dis.get_instructions(code))
    targets = {i.offset for i in instructions if i.is_jump_target}
    sources = {i.offset: i for i in instructions}
    actions: dict[int, int] = {}
    for source, stands_at in looks(code).items():
        instruction = sources[source]
        if _is_backward(instruction):
            _add(actions, source, POINT)
        elif instruction.opname == "RESUME" or stands_at not in targets:
            _add(actions, stands_at, POINT)
        else:
            _add(actions, source, MARK)
            _add(actions, stands_at, MAYBE)
            for jump in instructions:
                if jump.opcode in _JUMPS and jump.argval == stands_at:
                    _add(actions, jump.offset, CLEAR)
    return actions


def _add(actions: dict[int, int], offset: int, action: int) -> None:
    actions[offset] = actions.get(offset, 0) | action

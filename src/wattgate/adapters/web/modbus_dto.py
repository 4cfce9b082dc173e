"""What the API says of an EVSE's wallbox on Modbus. Units stand in the names."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta


class ModbusTrouble(msgspec.Struct, frozen=True):
    """What is wrong on the line."""

    reason: Annotated[str, Meta(description="What was wrong the last time, for a person")]
    since: Annotated[datetime, Meta(description="When it first failed")]


class ModbusFailSafe(msgspec.Struct, frozen=True):
    """What the wallbox does without the manager, by its own registers."""

    after_s: Annotated[float, Meta(description="After how many s without a request")]
    current_a: Annotated[
        float | None, Meta(description="A per phase that it allows then; null: it does not say")
    ]


class Modbus(msgspec.Struct, frozen=True):
    """A wallbox on Modbus: how it answers, and what its registers said last."""

    address: Annotated[str, Meta(description="host:port, or the serial line")]
    unit: int
    definition: Annotated[str, Meta(description="By which definition it is spoken to")]
    answers: bool
    trouble: Annotated[ModbusTrouble | None, Meta(description="null where all is well")]
    polls: Annotated[int, Meta(description="Looks at it since the start that it answered")]
    failures: Annotated[int, Meta(description="Looks at it that came to nothing")]
    limit_a: Annotated[
        float | None, Meta(description="A per phase in its limit register; null: it does not say")
    ]
    is_enabled: Annotated[
        bool | None, Meta(description="Its enable register; null: it does not say")
    ]
    signalled_a: Annotated[
        float | None, Meta(description="A per phase that it tells the car; null: it does not say")
    ]
    phases: Annotated[
        int | None, Meta(description="On how many phases it charges; null: it does not say")
    ]
    raised_by_others: Annotated[
        int, Meta(description="How often since the start somebody else raised its limit over ours")
    ]
    fail_safe: Annotated[
        ModbusFailSafe | None,
        Meta(description="null: it goes on as it is, and counts for its maximum while silent"),
    ]

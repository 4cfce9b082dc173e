"""Which messages of an overlong queue go (R72)."""

from collections.abc import Iterable

from wattgate.core.gateway.outbox import OutboxMessage


def every_second(
    messages: Iterable[OutboxMessage], *, keeps_next: bool = False
) -> tuple[list[int], bool]:
    """The numbers of every second expendable message, the first of them included.

    OCPP 2.0.1 E04.FR.08: the first, third, fifth go, so that what stays covers the whole time. A
    queue may be given in parts: the second value says whether the next expendable message stays.
    """
    numbers = []
    for message in messages:
        if not message.draft.expendable:
            continue
        if not keeps_next:
            numbers.append(message.number)
        keeps_next = not keeps_next
    return numbers, keeps_next

"""What is known of each wallbox model and firmware, over restarts."""

import structlog

from wattgate.core.charging.behaviour import Behaviour, read_behaviour
from wattgate.core.station.models import WallboxModel
from wattgate.ports.store import BehaviourRecord, Recovered, SaveBehaviour, Store, StoreFailed
from wattgate.runtime.peer import Tools
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()


class Behaviours:
    """Remembers what was measured of one wallbox for all of the same model and firmware."""

    def __init__(self, store: Store, tools: Tools, tasks: Supervisor) -> None:
        self._store = store
        self._tools = tools
        self._tasks = tasks
        self._known: dict[WallboxModel, Behaviour] = {}

    def recover(self, recovered: Recovered) -> None:
        """Take over what was learned before a restart."""
        for record in recovered.behaviours:
            model = WallboxModel(record.vendor, record.model, record.firmware)
            self._known[model] = read_behaviour(record.behaviour_text)

    def of(self, model: WallboxModel | None) -> Behaviour:
        """What was measured; nothing of a model that is not known."""
        return Behaviour() if model is None else self._known.get(model, Behaviour())

    def learn(self, model: WallboxModel | None, behaviour: Behaviour) -> None:
        """Replace what is known of a model, and store it in the background.

        Nothing is learned of a wallbox that says neither vendor nor model: it would stand for
        every other one that says nothing.
        """
        if model is None or not (model.vendor or model.model):
            return
        if behaviour == self.of(model):
            return
        self._known[model] = behaviour
        log.info("behaviour learned", wallbox=str(model), behaviour=behaviour.to_text())
        self._tasks.spawn(self._kept(model), name=f"behaviour {model}")

    async def _kept(self, model: WallboxModel) -> None:
        """Store what is known now: a later lesson may have overtaken the one that started this."""
        record = BehaviourRecord(
            model.vendor,
            model.model,
            model.firmware,
            self._known[model].to_text(),
            self._tools.clock.wall(),
        )
        try:
            await self._store.commit(SaveBehaviour(record))
        except StoreFailed as exc:
            # Forgotten with the next restart: then it is measured again.
            say_not_stored(exc, wallbox=str(model))

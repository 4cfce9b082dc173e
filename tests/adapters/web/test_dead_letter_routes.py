"""Messages that were given up, over the API (R66)."""

import json

import pytest
from tests.support.stores import AT, enqueue
from tests.support.web import SITE, Api, a_world, serving
from tests.support.world import a_backend, a_wallbox

from wattgate.core.gateway.outbox import Draft
from wattgate.ports.store import Bury, Enqueue

LETTERS = "/api/v1/dead-letters"


async def letters(api: Api, *payloads: str, link_id: str) -> list[int]:
    """Give messages up; their numbers."""
    numbers = []
    for payload in payloads:
        (message,) = await api.world.store.commit(enqueue(payload, link_id=link_id))
        await api.world.store.commit(Bury(message.number, "refused 10 times", AT))
        numbers.append(message.number)
    return numbers


def link_id_of(api: Api) -> str:
    assert api.world.manager is not None
    link = api.world.manager.evses()[0].evse.link
    assert link is not None
    return link.identity.link_id


@pytest.mark.asyncio
async def test_messages_that_were_given_up_are_told_with_their_content() -> None:
    async with serving() as api:
        backend = link_id_of(api)
        (number,) = await letters(api, '{"a": 1}', link_id=backend)
        assert await api.get(LETTERS) == [
            {
                "number": number,
                "backend": backend,
                "action": "MeterValues",
                "payload_text": '{"a": 1}',
                "transaction_id": None,
                "attempts": 0,
                "reason": "refused 10 times",
                "deliverable": True,
                "at": "2026-11-22T08:30:15.123457Z",
            }
        ]


@pytest.mark.asyncio
async def test_what_a_security_event_tells_is_hidden_r121() -> None:
    async with serving() as api:
        text = '{"type": "t", "techInfo": "s3cret"}'
        draft = Draft(link_id_of(api), "SecurityEventNotification", text)
        (message,) = await api.world.store.commit(Enqueue(draft))
        await api.world.store.commit(Bury(message.number, "refused 10 times", AT))
        told = (await api.client.get(LETTERS)).json()
        shown = json.loads(told[0]["payload_text"])
        assert shown["type"] == "t"
        assert "s3cret" not in shown["techInfo"]


@pytest.mark.asyncio
async def test_a_message_is_sent_once_more_and_taken() -> None:
    backend = a_backend()
    async with serving(a_world(SITE, backend)) as api:
        await api.world.boot("CP1", a_wallbox())
        await backend.got("BootNotification")
        one, *_ = await letters(api, '{"a":1}', '{"a":2}', link_id=link_id_of(api))
        answer = await api.client.post(f"{LETTERS}/{one}/resend")
        assert answer.status_code == 200
        assert answer.json() == {"messages": 1, "says": "1 message waits for the backend again."}
        assert await backend.got("MeterValues") == {"a": 1}
        (left,) = (await api.client.get(LETTERS)).json()
        assert json.loads(left["payload_text"]) == {"a": 2}


@pytest.mark.asyncio
async def test_all_messages_of_a_backend_are_sent_in_their_first_order() -> None:
    backend = a_backend()
    async with serving(a_world(SITE, backend)) as api:
        await api.world.boot("CP1", a_wallbox())
        await backend.got("BootNotification")
        await letters(api, *(f'{{"n":{n}}}' for n in range(5)), link_id=link_id_of(api))
        await letters(api, '{"other":1}', link_id="elsewhere")
        answer = await api.client.post(f"{LETTERS}/resend", params={"backend": link_id_of(api)})
        assert answer.json()["messages"] == 5
        await backend.got("MeterValues", times=5)
        assert backend.all_of("MeterValues") == [{"n": n} for n in range(5)]
        again = await api.client.post(f"{LETTERS}/resend", params={"backend": link_id_of(api)})
        assert again.json()["says"] == "0 messages wait for the backend again."
        assert len((await api.client.get(LETTERS)).json()) == 1


@pytest.mark.asyncio
async def test_what_nobody_gave_up_or_nobody_takes_is_refused_in_plain_words() -> None:
    async with serving() as api:
        (orphan,) = await letters(api, "{}", link_id="unattributed CP1")
        (told,) = (await api.client.get(LETTERS)).json()
        assert told["deliverable"] is False
        unknown = await api.client.post(f"{LETTERS}/999/resend")
        assert unknown.status_code == 404
        assert "Nothing was given up under this number" in unknown.json()["detail"]
        for path in (f"{LETTERS}/{orphan}/resend", f"{LETTERS}/resend?backend=unattributed CP1"):
            refused = await api.client.post(path)
            assert refused.status_code == 409
            assert refused.json()["detail"] == (
                "The site has no backend unattributed CP1: the message stays where it is."
            )
        assert (await api.client.post(f"{LETTERS}/resend")).status_code == 400
        assert len((await api.client.get(LETTERS)).json()) == 1


@pytest.mark.asyncio
async def test_a_store_that_fails_sends_nothing_again() -> None:
    async with serving() as api:
        (number,) = await letters(api, "{}", link_id=link_id_of(api))
        api.world.store.failing = True
        assert (await api.client.post(f"{LETTERS}/{number}/resend")).status_code == 503
        api.world.store.failing = False
        assert len((await api.client.get(LETTERS)).json()) == 1

"""The backends of an EVSE over HTTP (P20)."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from tests.support.web import SITE, Api, a_world, serving
from tests.support.world import a_backend, a_wallbox

from wattgate.runtime.site_keeper import SITE_DOCUMENT

ONE = "/api/v1/evses/stall-1/gateways"
REPORT: dict[str, Any] = {"url": "ws://report.example/", "role": "report", "password": "secret"}
ANY = {"If-Match": "*"}


async def stored(api: Api) -> list[dict[str, Any]]:
    """What the store has of the backends of the first EVSE."""
    document = json.loads(await api.world.store.document(SITE_DOCUMENT) or "{}")
    found: list[dict[str, Any]] = document["evse"][0]["gateway"]
    return found


def urls(answer: httpx.Response) -> list[str]:
    """Which backends an answer tells."""
    return [each["url"] for each in answer.json()]


@pytest.mark.asyncio
async def test_the_backends_have_the_shape_of_the_site_file_and_no_password() -> None:
    async with serving() as api:
        site = (await api.client.get("/api/v1/site")).json()
        answer = await api.client.get(ONE)
        assert answer.json() == site["evse"][0]["gateway"]
        assert answer.json()[0]["url"] == "ws://backend.example/ocpp"
        assert "password" not in answer.text
        assert (await api.client.get(ONE)).headers["ETag"] == answer.headers["ETag"]


@pytest.mark.asyncio
async def test_a_backend_is_added_changed_and_removed_and_each_is_kept() -> None:
    async with serving() as api:
        added = await api.client.post(ONE, json=REPORT)
        assert added.status_code == 201
        assert urls(added) == ["ws://backend.example/ocpp", "ws://report.example/"]
        assert (await stored(api))[1]["password"] == "secret"
        assert "secret" not in added.text
        tag = {"If-Match": added.headers["ETag"]}
        changed = await api.client.patch(f"{ONE}/2", json={"commands": ["Reset"]}, headers=tag)
        assert changed.json()[1]["commands"] == ["Reset"]
        assert ((await stored(api))[1]["commands"], (await stored(api))[1]["password"]) == (
            ["Reset"],
            "secret",
        )
        tag = {"If-Match": changed.headers["ETag"]}
        removed = await api.client.delete(f"{ONE}/1", headers=tag)
        assert urls(removed) == ["ws://report.example/"]
        assert [each["url"] for each in await stored(api)] == ["ws://report.example/"]


@pytest.mark.asyncio
async def test_what_was_read_can_be_put_back_and_changes_nothing() -> None:
    async with serving() as api:
        added = await api.client.post(ONE, json=REPORT)
        tag = {"If-Match": added.headers["ETag"]}
        again = await api.client.put(ONE, json=added.json(), headers=tag)
        assert (again.json(), again.headers["ETag"]) == (added.json(), added.headers["ETag"])
        assert (await stored(api))[1]["password"] == "secret"
        none = await api.client.put(ONE, json=[], headers=tag)
        assert (none.status_code, none.json()) == (200, [])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", ONE, []),
        ("PATCH", f"{ONE}/1", {"password": "mine"}),
        ("DELETE", f"{ONE}/1", None),
        ("POST", ONE, {"url": "ws://mine.example/", "role": "report"}),
    ],
)
@pytest.mark.asyncio
async def test_whoever_has_not_seen_the_last_change_does_not_undo_it(
    method: str, path: str, body: object
) -> None:
    """Also where only a password was changed, which nobody can read."""
    async with serving() as api:
        tag = {"If-Match": (await api.client.get(ONE)).headers["ETag"]}
        await api.client.patch(f"{ONE}/1", json={"password": "theirs"}, headers=tag)
        answer = await api.client.request(method, path, json=body, headers=tag)
        assert answer.status_code == 412
        assert "Somebody else" in answer.json()["detail"]
        assert [each["password"] for each in await stored(api)] == ["theirs"]


@pytest.mark.asyncio
async def test_of_two_at_the_same_time_one_is_told() -> None:
    """Also where both were let in before either was carried out."""
    async with serving() as api:
        tag = {"If-Match": (await api.client.get(ONE)).headers["ETag"]}
        gate = api.world.store.gate = asyncio.Event()
        patches = [{"password": "one"}, {"password": "two"}]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(api.client.patch("/api/v1/site", json={"title": "First"}))
            await api.client.get("/healthz")
            sent = [
                tasks.create_task(api.client.patch(f"{ONE}/1", json=each, headers=tag))
                for each in patches
            ]
            await api.client.get("/healthz")
            gate.set()
        assert sorted(each.result().status_code for each in sent) == [200, 412]


@pytest.mark.asyncio
async def test_who_may_not_administer_does_not_read_urls_where_a_key_may_stand() -> None:
    async with serving() as api:
        made = await api.client.post("/api/v1/tokens", json={"name": "n", "scope": "operate"})
        bearer = {"authorization": f"Bearer {made.json()['token']}"}
        answer = await api.client.get(ONE, headers=bearer, auth=None)
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("PUT", ONE, []), ("PATCH", f"{ONE}/1", {}), ("DELETE", f"{ONE}/1", None)],
)
@pytest.mark.asyncio
async def test_whoever_overwrites_says_what_was_seen(method: str, path: str, body: object) -> None:
    async with serving() as api:
        answer = await api.client.request(method, path, json=body)
        assert answer.status_code == 428
        assert "If-Match" in answer.json()["detail"]
        assert (await api.client.request(method, path, json=body, headers=ANY)).is_success


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/v1/evses/x/gateways", None, 404),
        ("PUT", "/api/v1/evses/x/gateways", [], 404),
        ("POST", "/api/v1/evses/x/gateways", REPORT, 404),
        ("PATCH", "/api/v1/evses/x/gateways/1", {}, 404),
        ("PATCH", f"{ONE}/0", {}, 404),
        ("PATCH", f"{ONE}/2", {}, 404),
        ("DELETE", f"{ONE}/2", None, 404),
        ("DELETE", f"{ONE}/one", None, 404),
        ("PUT", ONE, {}, 400),
        ("PUT", ONE, [5], 400),
        ("POST", ONE, [], 400),
    ],
)
@pytest.mark.asyncio
async def test_what_is_not_there_or_makes_no_sense_is_refused(
    method: str, path: str, body: object, status: int
) -> None:
    async with serving() as api:
        answer = await api.client.request(method, path, json=body, headers=ANY)
        assert answer.status_code == status


@pytest.mark.asyncio
async def test_every_problem_is_told_and_nothing_is_changed() -> None:
    async with serving() as api:
        before = await api.client.get(ONE)
        wrong = [{"url": "ws://a/", "role": "reporter"}, {"commands": ["Rest"], "colour": 1}]
        answer = await api.client.put(ONE, json=wrong, headers=ANY)
        assert answer.status_code == 422
        assert [each["path"] for each in answer.json()["problems"]] == [
            f'evse "stall-1" › {place}'
            for place in (
                "gateway 1 › role",
                "gateway 2 › colour",
                "gateway 2 › url",
                "gateway 2 › commands",
            )
        ]
        after = await api.client.get(ONE)
        assert (after.json(), after.headers["ETag"]) == (before.json(), before.headers["ETag"])


@pytest.mark.asyncio
async def test_a_change_that_cannot_be_stored_holds_and_says_so() -> None:
    """507, as for every setting."""
    async with serving(a_world(SITE)) as api:
        api.world.store.failing = True
        answer = await api.client.patch(f"{ONE}/1", json={"client_id": "X"}, headers=ANY)
        assert answer.status_code == 507
        assert (await api.client.get(ONE)).json()[0]["client_id"] == "X"


@pytest.mark.asyncio
async def test_a_backend_that_is_added_hears_at_once_and_one_that_is_removed_to_the_end() -> None:
    """A transaction ends at the backends that have heard it begin."""
    billing, report, wallbox = a_backend(), a_backend(), a_wallbox()
    world = a_world(backend=billing)
    world.dialer.backends["ws://report.example/R"] = report
    start = {"connectorId": 1, "idTag": "A", "meterStart": 1, "timestamp": "2026-05-15T12:00:00Z"}
    stop = {"meterStop": 2, "timestamp": "2026-05-15T13:00:00Z"}
    async with serving(world) as api:
        await world.boot("CP1", wallbox, "Preparing")
        await billing.got("BootNotification")
        added = await api.client.post(ONE, json={**REPORT, "client_id": "R"})
        assert added.status_code == 201
        await report.got("StatusNotification")
        begun = await wallbox.ask("StartTransaction", start)
        await report.got("StartTransaction")
        assert (await api.client.delete(f"{ONE}/2", headers=ANY)).status_code == 200
        told = (await api.client.get("/api/v1/evses/stall-1")).json()
        assert [each["retiring"] for each in told["backends"]] == [False, True]
        assert told["backend"]["retiring"] is False
        await wallbox.ask("StopTransaction", {"transactionId": begun[2]["transactionId"], **stop})
        await billing.got("StopTransaction")
        await report.got("StopTransaction")
        await wallbox.ask("StartTransaction", {**start, "meterStart": 2})
        await billing.got("StartTransaction", 2)
        assert [action for action, _ in report.calls].count("StartTransaction") == 1
        (_, over) = (await api.client.get("/api/v1/transactions")).json()
        assert [each["bills"] for each in over["backends"]] == [True, False]
        frames = (await api.client.get("/api/v1/evses/stall-1/traffic?limit=500")).json()
        links = {each["link"].rpartition("@")[2].partition("/")[0] for each in frames}
        assert links >= {"backend.example", "report.example"}


@pytest.mark.asyncio
async def test_p20_roles_change_places_while_everything_runs() -> None:
    """In one request: an EVSE has one primary at every moment."""
    billing, other, wallbox = a_backend(), a_backend(), a_wallbox()
    world = a_world(backend=billing)
    world.dialer.backends["ws://report.example/CP1"] = other
    async with serving(world) as api:
        await world.boot("CP1", wallbox, "Preparing")
        await api.client.post(ONE, json=REPORT)
        await other.got("StatusNotification")
        swapped = [
            {"url": "ws://backend.example/ocpp", "role": "report"},
            {"url": "ws://report.example/", "role": "primary"},
        ]
        assert (await api.client.put(ONE, json=swapped, headers=ANY)).status_code == 200
        answer = await wallbox.ask("Authorize", {"idTag": "A"})
        assert answer[2]["idTagInfo"]["status"] == "Accepted"
        await other.got("Authorize")
        assert "Authorize" not in [action for action, _ in billing.calls]
        told = (await api.client.get("/api/v1/evses/stall-1")).json()
        assert told["backend"]["url"] == "ws://report.example/CP1"

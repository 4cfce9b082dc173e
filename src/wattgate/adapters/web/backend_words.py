"""The logins at backends, in the words of the API; keys in its URL stay here."""

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from wattgate.adapters.web.dto import Backend, BackendProblem, BackendSecurity
from wattgate.core.gateway.commands.rights import Rights
from wattgate.core.gateway.connectors import BACKEND_CONNECTOR
from wattgate.core.security.link_words import BACKEND_SECURITY
from wattgate.core.site.model import GatewayRole
from wattgate.runtime.gateway.delivery.outbox_pump import OutboxPump
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.gateway.link.relay_link import RelayLink
from wattgate.runtime.station.station_evse import StationEvse

Login = BackendLink | RelayLink


@dataclass(frozen=True, slots=True)
class EvseLogin:
    """One login of an EVSE; `backend` is None where wallbox and backend talk directly (mode T)."""

    link: Login
    backend: EvseBackend | None

    @property
    def id(self) -> str:
        """The name of its link in the store."""
        return self.link.identity.link_id

    @property
    def pump(self) -> OutboxPump | None:
        """Its queue; None where nothing is queued."""
        return self.backend.link.pump if self.backend is not None else None

    @property
    def clock_ahead_s(self) -> float | None:
        """How many s the backend's clock is ahead; None: not worth telling."""
        return self.backend.link.clock.ahead_s if self.backend is not None else None

    @property
    def called(self) -> str:
        """Who we are there, and where that is."""
        host = urlsplit(self.link.identity.target.url).netloc.rpartition("@")[2]
        return f"{self.link.identity.client_id}@{host}"


def logins_of(evse: StationEvse) -> tuple[EvseLogin, ...]:
    """Every login of an EVSE, in the order of the settings; behind them those that retire."""
    if evse.relay is not None:
        return (EvseLogin(evse.relay, None),)
    return tuple(EvseLogin(each.link, each) for each in evse.backends)


def backends_of(evse: StationEvse) -> list[Backend]:
    """Every login of an EVSE."""
    return [_told(each) for each in logins_of(evse)]


def backend_of(evse: StationEvse) -> Backend | None:
    """The login at the backend that authorises and bills; None without one."""
    deciding = (each for each in logins_of(evse) if each.backend is None or each.backend.is_primary)
    login = next(deciding, None)
    return _told(login) if login is not None else None


def _told(login: EvseLogin) -> Backend:
    link, backend = login.link, login.backend
    identity, status = link.identity, link.status
    return Backend(
        id=login.id,
        role=backend.gateway.role if backend is not None else GatewayRole.PRIMARY,
        commands=list((backend.gateway.rights if backend is not None else Rights.ALL).words),
        retiring=backend is not None and backend.retiring,
        client_id=identity.client_id,
        connector=backend.number if backend is not None else BACKEND_CONNECTOR,
        url=without_secrets(identity.target.url),
        phase=status.phase.value,
        reason=_shown(link, status.reason),
        since=status.since,
        queue_depth=login.pump.depth if login.pump is not None else 0,
        given_up=login.pump.given_up if login.pump is not None else 0,
        security=_security_of(link),
        problem=problem_of(link),
    )


def problem_of(link: Login) -> BackendProblem | None:
    """Why the backend does not take us; None where all is well."""
    problem = link.status.problem
    if problem is None:
        return None
    return BackendProblem(
        step=problem.fault.step.value,
        http_status=problem.fault.http_status,
        sentence=_shown(link, problem.fault.sentence),
        since=problem.since,
        attempts=problem.attempts,
        next_attempt_at=problem.next_attempt_at,
    )


def _security_of(link: Login) -> BackendSecurity | None:
    security = link.status.security
    return None if security is None else BackendSecurity(security.value, BACKEND_SECURITY[security])


def without_secrets(url: str) -> str:
    """The URL without user, password, query and fragment, where a key may stand."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _shown(link: Login, text: str) -> str:
    url = link.identity.target.url
    return text.replace(url, without_secrets(url))

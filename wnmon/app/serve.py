"""The service: scheduler, runner, sinks and web around one configuration; reload and drain, and nothing else."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wnmon import __version__
from wnmon.app.kept import Kept
from wnmon.app.pages import Pages
from wnmon.app.selftest import try_shortly
from wnmon.app.tuning import tune_interpreter
from wnmon.app.web_file import WebFile
from wnmon.clock import SystemClock
from wnmon.config import BrokenConfigError, Config, load_config
from wnmon.engine.backoff import Backoff
from wnmon.engine.budget import Budgets
from wnmon.engine.fanout import Fanout
from wnmon.engine.known_secrets import KnownSecrets
from wnmon.engine.limiter import Limiter
from wnmon.engine.own_network import OwnNetwork
from wnmon.engine.ports import Observer, ReloadReport, Sink
from wnmon.engine.probe_states import LatestStates
from wnmon.engine.rests import Rests
from wnmon.engine.runner import Runner
from wnmon.engine.sparing import Sparing
from wnmon.engine.standing import Standings
from wnmon.engine.turns import Turns, expired
from wnmon.engine.unasked import UnaskedTargets
from wnmon.engine.under_way import UnderWay
from wnmon.engine.web_config import NO_WEB_CONFIG, WebConfig
from wnmon.errors import ConfigError, place_of
from wnmon.metrics.prometheus import PrometheusSink
from wnmon.model.check import Asks, Check
from wnmon.model.events import (
    ConnectionsRefused,
    InternalFault,
    LoginsFailed,
    ModelsListed,
    MonitorEvent,
    Reloaded,
    SelfTested,
)
from wnmon.model.honesty import Honesty
from wnmon.model.result import Outcome
from wnmon.model.said import Said, Text
from wnmon.model.target import Probe, ProbeId, Target
from wnmon.notify.notifier import Means, Notifier
from wnmon.report.html import style_source
from wnmon.schedule.aps import Scheduler
from wnmon.transport.carrying import Carrying
from wnmon.transport.processes import SensorProcesses
from wnmon.transport.reachable import wait_until_reachable
from wnmon.web import Entry, Site
from wnmon.wire.listing import models_plan

DRAIN_S = 8.0
"""How long runs under way may take to end after SIGTERM; cutting them short and closing takes the rest of 10 s."""

REACH_S = 2.0
"""So long somebody else than a relay has to be reached, where that one cannot be."""

LOOK_EVERY_S = 5.0

LOOK_AGAIN_S = 60.0
"""How often the books are asked anew while a budget is short: a grant is a transaction, and there may be 1,000."""

LOOK_AT_ONCE = 16
"""Probes looked at in one turn of the loop: some 0.2 ms."""

_COMPONENTS = ("judge", "runner", "reload", "sensor", "store", "notify")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOptions:
    """What the command line decides about a service.

    `poll_s` 0 turns the polling of files off; `lang` is that of the page for a reader who names none. `run_now`: every
    probe runs at once, and not first at its next slot. `selftest`: the sensor is tried before the first probe.
    `web_config` names the file that says who may reach the pages, `public` (host, port) where the public view listens.
    `data` is the folder that outlives it, None where nothing is to.
    """

    config: Path
    host: str
    port: int
    reload_allowed: bool = False
    poll_s: float = 10.0
    lang: str = "en"
    run_now: bool = False
    selftest: bool = False
    data: Path | None = None
    web_config: Path | None = None
    allowed_hosts: tuple[str, ...] = ()
    public: tuple[str, int] | None = None


class Service:
    """A long-lived wnmon: scheduler, runner, sinks and web around one configuration that can be replaced."""

    def __init__(
        self,
        options: ServiceOptions,
        config: Config,
        env: Mapping[str, str],
        *,
        web_config: WebConfig = NO_WEB_CONFIG,
        sinks: Sequence[Sink] = (),
        observers: Sequence[Observer] = (),
    ) -> None:
        self._options = options
        self._config = config
        self._env = env
        self._clock = SystemClock()
        self._secrets = KnownSecrets()
        self._secrets.learn(config.secrets())
        self._kept = Kept(options.data, self._clock, self._secrets, self._tell)
        self._budgets = Budgets(self._clock, books=self._kept.books, zone=config.zone)
        self._backoff = Backoff(self._clock)
        self._scheduler = Scheduler(self._fire, self._tell, self._clock)
        left, unspent = self._budgets.remaining, self._budgets.unspent
        self._sparing = Sparing(self._clock, left, self._scheduler.timetable, unspent)
        self._unasked = UnaskedTargets(self._budgets, self._sparing.stands)
        self._rests = Rests(self._clock, self._backoff, self._budgets, self._sparing.rest)
        self._standings = Standings(self._clock, self._scheduler.timetable, self._rests.of, self._sparing.stride)
        self._turns = Turns()
        self._board = LatestStates(self._standings.of)
        self._notifier = Notifier(
            Means(
                clock=self._clock,
                outbox=self._kept.outbox,
                carrier=Carrying(),
                tell=self._tell,
                known=lambda: self._secrets.learn(()),
                version=__version__,
                lang=options.lang,
            )
        )
        names = (
            "rests",
            "sparing",
            "standings",
            "prometheus",
            "board",
            "store",
            "evidence",
            "notify",
            *(sink.name for sink in sinks),
        )
        self._metrics = PrometheusSink(self._clock, self._standings.of, sinks=names, components=_COMPONENTS)
        kept = self._kept.sinks
        known: tuple[Sink, ...] = (self._rests, self._sparing, self._standings, self._metrics, self._board)
        own = (*known, *kept, *self._kept.takers, self._notifier)
        watching: tuple[Observer, ...] = (self._rests, self._sparing, self._metrics, *kept, self._notifier, *observers)
        self._fanout = Fanout((*own, *sinks), watching)
        self._sensors = SensorProcesses("wnmon.app.sensor_process", config.sensors, self._clock, self._tell)
        self._network = OwnNetwork(_reaches, self._clock, self._tell)
        self._under_way = UnderWay(self._clock, self._tell)
        self._ready = False
        self._honesty: Honesty | None = None
        self._web_file = WebFile(options.web_config, web_config)
        self._watched = (*config.files, *self._web_file.files)
        self._seen = fingerprint(self._watched)

    async def run(
        self,
        stop: asyncio.Event,
        reload_asked: asyncio.Event,
        announce: Callable[[str], None],
        announce_public: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Serve until `stop` is set, then drain. `announce` is told the page's address once it answers.

        Raises UsageError when an address cannot be bound.
        """
        self._loop = asyncio.get_running_loop()
        self._kept.begin(self._loop)
        self._reloading = asyncio.Lock()
        self._runner = Runner(
            sensors=self._sensors,
            clock=self._clock,
            limiter=Limiter(self._config.concurrency, self._clock),
            budgets=self._budgets,
            backoff=self._backoff,
            fanout=self._fanout,
            secrets=self._secrets,
            network=self._network,
            spares=self._sparing.spares,
        )
        pages = self._pages()
        pages.open(announce, announce_public)
        watching = [asyncio.create_task(watch()) for watch in (self._watch_standings, self._watch_budgets)]
        try:
            await self._sensors.warm_up()
            if self._options.selftest:
                await self._try_sensor(stop)
            if not stop.is_set():
                self._kept.recall(self._config, self._standings, self._board, self._turns)
                await self._look_into_books(self._config)
                await self._recall_told()
                for turned in self._kept.outages(self._config):
                    self._notifier.observe(turned)  # before a run may end it; who was told already is not told again
                self._start()
                await self._adopt_channels(self._config)
                await self._serve(stop, reload_asked)
                await self._drain()
        finally:
            self._ready = False
            for task in watching:
                task.cancel()
            self._scheduler.close()
            self._runner.close()
            await self._notifier.close()
            await self._sensors.close()
            await asyncio.to_thread(pages.close)
            await self._kept.close(self._budgets)

    def ready(self) -> bool:
        """Tell whether probes are being scheduled."""
        return self._ready

    def overdue_s(self) -> float:
        """Return for how long a run has been due that neither began nor was left out on purpose, 0 when none is."""
        return self._scheduler.overdue_s()

    def reload(self) -> ReloadReport:
        """Reload from another thread; waits for the outcome."""
        return asyncio.run_coroutine_threadsafe(self._reload(), self._loop).result(timeout=60)

    def _pages(self) -> Pages:
        site = Site(
            metrics=self._metrics,
            states=self._board,
            control=self,
            clock=self._clock,
            reload_allowed=self._options.reload_allowed,
            version=__version__,
            lang=self._options.lang,
            honesty=lambda: self._honesty,
            past=self._kept.past,
            evidence=self._kept.evidence,
            styles=(style_source(),),
            channels=self._notifier.channels,
            steps=self._sparing.states,
        )
        entry = Entry(
            config=lambda: self._web_file.current,
            allowed_hosts=self._options.allowed_hosts,
            failed=self._tell_failed,
        )
        at = (self._options.host, self._options.port)
        return Pages(site, entry, at, self._options.public, self._tell_refused)

    def _tell_refused(self, count: int) -> None:
        """Tell, from the web's thread, of connections closed for want of room."""
        self._loop.call_soon_threadsafe(self._fanout.observe, ConnectionsRefused(count=count))

    def _tell_failed(self, count: int) -> None:
        """Tell, from the web's thread, of log-ins that failed."""
        self._loop.call_soon_threadsafe(self._fanout.observe, LoginsFailed(count=count))

    async def _try_sensor(self, stop: asyncio.Event) -> None:
        """Try the sensor before anything else is measured, for two seconds at most; a signal to end cuts it short."""
        tune_interpreter()
        trying, stopping = (
            asyncio.ensure_future(try_shortly(self._sensors, self._clock)),
            asyncio.ensure_future(stop.wait()),
        )
        await asyncio.wait({trying, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not trying.done():
            trying.cancel()
            await asyncio.wait({trying})
            return
        self._honesty = trying.result()
        self._fanout.observe(SelfTested(honesty=self._honesty, at_s=self._clock.wall_s()))

    def _start(self) -> None:
        self._scheduler.start()
        self._adopt(self._config, run_now=self._options.run_now)
        tune_interpreter()
        self._ready = True

    def _adopt(self, config: Config, *, run_now: bool = False) -> None:
        """Make a configuration the running one: unchanged probes keep their schedule and counters."""
        self._backoff.keep(config.targets)
        self._network.declare(config.probes, config.guard)
        self._config = config
        self._runner.limiter.limit = config.concurrency
        self._sensors.resize(config.sensors)
        doubted = self._standings.declare(config.probes)
        self._metrics.declare(config.probes, config.measures)
        self._metrics.declare_channels([channel.name for channel in config.channels])
        self._board.declare(config.probes)
        self._turns.keep([probe.id for probe in config.probes])
        self._kept.adopt(config)
        self._scheduler.set_probes(config.probes, run_now=run_now)
        stepped_now = self._sparing.declare(config.probes)
        self._unasked.declare(config.probes)
        for probe in doubted:
            self._recheck(probe)
        self._fanout.observe(Reloaded(ok=True, at_s=self._clock.wall_s(), sha=config.sha))
        for target in config.targets:
            self._fanout.observe(self._budgets.left(target))
        for stepped in stepped_now:
            self._fanout.observe(stepped)

    async def _recall_told(self) -> None:
        """Go on with what people were told before a restart."""
        try:
            self._turns.recall(await self._notifier.recall(self._config.channels))
        except Exception as error:  # noqa: BLE001 - what cannot be remembered must not keep relays from being watched
            self._fanout.observe(InternalFault(component="notify", error=place_of(error)))

    async def _look_into_books(self, config: Config) -> None:
        """Know what is left of each budget before anything is sent."""
        self._budgets.adopt(config.targets, config.zone)
        await asyncio.gather(*(self._budgets.look(target) for target in config.targets))

    async def _adopt_channels(self, config: Config) -> None:
        try:
            await self._notifier.adopt(config.channels, config.probes)
        except Exception as error:  # noqa: BLE001 - nor what cannot be kept
            self._fanout.observe(InternalFault(component="notify", error=place_of(error)))

    async def _serve(self, stop: asyncio.Event, reload_asked: asyncio.Event) -> None:
        """Wait for the end, reloading when asked and when the files change."""
        poll_s = self._options.poll_s or None
        stopping = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                asking = asyncio.ensure_future(reload_asked.wait())
                await asyncio.wait({stopping, asking}, timeout=poll_s, return_when=asyncio.FIRST_COMPLETED)
                asking.cancel()
                if stop.is_set():
                    return
                if reload_asked.is_set() or await asyncio.to_thread(fingerprint, self._watched) != self._seen:
                    reload_asked.clear()
                    await self._reload()
        finally:
            stopping.cancel()

    async def _watch_standings(self) -> None:
        """Tell when what is known of a probe counts no more, and how sparingly targets are to be asked."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self._weigh()
            for number, probe in enumerate(self._standings.look(), 1):
                if probe is not None:
                    self._fanout.observe(expired(probe, self._standings.of(probe)))
                if number % LOOK_AT_ONCE == 0:
                    await asyncio.sleep(0)

    async def _watch_budgets(self) -> None:
        """While a budget is short, hear of room that was made in it, though nobody asks for any."""
        while True:
            await asyncio.sleep(LOOK_AGAIN_S)
            targets = self._config.targets
            if self._sparing.states() or any(self._budgets.rests_for(target) for target in targets):
                try:
                    await self._budgets.look_again(targets)
                except Exception as error:  # noqa: BLE001 - a bug in it must not end the watch
                    self._fanout.observe(InternalFault(component="store", error=place_of(error)))
                for target in targets:
                    self._fanout.observe(self._budgets.left(target))

    def _weigh(self) -> None:
        for stepped in self._sparing.weigh():
            self._fanout.observe(stepped)
        for unasked in self._unasked.look():
            self._fanout.observe(unasked)

    async def _reload(self) -> ReloadReport:
        """Load anew; on any problem keep the last good configuration and say why.

        The web configuration goes by itself: a relay misspelt must not keep a certificate from being renewed.
        """
        async with self._reloading:
            before = await asyncio.to_thread(fingerprint, self._watched)
            refused = await self._web_file.reload()
            try:
                config = await asyncio.to_thread(load_config, self._options.config, self._env)
            except ConfigError as wrong:
                # A file that is new and broken is watched too, or mending it would go unnoticed.
                new = wrong.files if isinstance(wrong, BrokenConfigError) else ()
                await self._watch((*self._config.files, *new), before)
                return self._refuse((*refused, *wrong.problems))
            except Exception as error:  # noqa: BLE001 - a bug in reading files must not end the monitor
                self._fanout.observe(InternalFault(component="reload", error=place_of(error)))
                await self._watch(self._watched, before)
                return self._refuse((*refused, Said("internal_error", text=place_of(error))))
            await self._watch(config.files, before)
            await asyncio.to_thread(self._secrets.learn, config.secrets())
            await self._look_into_books(config)
            self._adopt(config)
            await self._adopt_channels(config)
            return self._refuse(refused) if refused else ReloadReport(ok=True)

    async def _watch(self, files: Sequence[Path], before: str) -> None:
        """Watch these files from now on; `before` is how the watched ones were before they were read."""
        files = tuple(dict.fromkeys((*files, *self._web_file.files)))
        # Taken anew only for other files: a change while they were read must differ from what is remembered.
        self._seen = before if files == self._watched else await asyncio.to_thread(fingerprint, files)
        self._watched = files

    def _refuse(self, problems: tuple[Text, ...]) -> ReloadReport:
        reloaded = Reloaded(ok=False, at_s=self._clock.wall_s(), sha=self._config.sha, problems=problems)
        self._fanout.observe(reloaded)
        return ReloadReport(ok=False, problems=problems)

    def _tell(self, event: MonitorEvent) -> None:
        self._fanout.observe(event)

    async def _fire(self, probe: Probe, due_ns: int, *, recheck: bool) -> None:
        """Run a probe for the scheduler, in a task the drain knows; a re-check where it still confirms anything."""
        if recheck and not self._standings.wants_recheck(probe.id):
            return
        task = self._under_way.begin(probe.id, lambda: self._run(probe, due_ns, recheck=recheck), recheck=recheck)
        if not recheck:  # which nobody waits for, so that the scheduler finds none under way at the next slot
            await asyncio.shield(task)

    async def _run(self, probe: Probe, due_ns: int, *, recheck: bool) -> None:
        began_ns = self._clock.boot_ns()
        try:
            run = await self._runner.run(probe, scheduled_ns=due_ns, recheck=recheck)
            turned = self._turns.after(run, self._standings.of(probe.id))
            if turned is not None:
                self._fanout.observe(turned)
            if not recheck and self._sparing.wants_list(probe, began_ns):
                await self._list_models(probe.target)
            if run.result.outcome is not Outcome.SKIPPED:
                self._recheck(probe.id, lasts_s=(self._clock.boot_ns() - began_ns) / 1e9)
        except Exception as error:  # noqa: BLE001 - a bug in one run must not end the monitor
            self._fanout.observe(InternalFault(component="runner", error=place_of(error)))

    async def _list_models(self, target: Target) -> None:
        """Ask for the list of models where a budget allows no more, and tell whether it came."""
        check = Check(name=Asks.MODELS.value, plan=models_plan(), every_s=0)
        run = await self._runner.run(Probe(check=check, target=target, model=""), aside=True)
        if run.requests:
            result, at_s = run.result, self._clock.wall_s()
            listed = ModelsListed(target=target.name, ok=result.outcome.success, at_s=at_s, why=result.message)
            self._fanout.observe(listed)

    def _recheck(self, probe: ProbeId, *, lasts_s: float = 0) -> None:
        """Have a probe asked again soon, where that would tell anything; it is thought to take as long as `lasts_s`."""
        again_s = self._standings.recheck_s(probe)
        if again_s is not None:
            self._scheduler.recheck(probe, after_s=again_s, lasts_s=lasts_s)

    async def _drain(self) -> None:
        """Start nothing more, let runs end, then cut short what is left."""
        self._ready = False
        self._scheduler.pause()
        self._runner.draining = True
        await self._under_way.wait(DRAIN_S)
        self._runner.stop.set()
        await self._under_way.wait(1)


async def _reaches(url: str) -> bool:
    return await wait_until_reachable(url, REACH_S)


def fingerprint(files: Sequence[Path]) -> str:
    """Return a hash over the contents of files and the names in folders; what cannot be read counts as absent.

    Contents, not times: a mounted folder may replace its files without a newer date.
    """
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file).encode() + b"\0" + _content(file) + b"\0")
    return digest.hexdigest()


def _content(file: Path) -> bytes:
    try:
        if file.is_dir():
            # Hidden names are what editors leave beside a file while it is open.
            names = sorted(entry.name for entry in file.iterdir() if not entry.name.startswith("."))
            return "\n".join(names).encode(errors="surrogateescape")
        if file.is_file():
            with file.open("rb") as content:
                return hashlib.file_digest(content, "sha256").digest()
    except OSError:
        pass
    return b"(absent)"

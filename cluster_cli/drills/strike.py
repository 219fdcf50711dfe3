"""One fault in one run: armed on disk, injected, proved by the peers, lifted."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from cluster_cli.drills import armed as armory
from cluster_cli.drills.evidence import Rollback
from cluster_cli.drills.faults._fault import KILL_BEGAN, KILL_DONE, Fault, Memo, Target
from cluster_cli.drills.history import Clock, Recorder
from cluster_cli.drills.plan import RunPlan
from cluster_cli.drills.records import FaultEvent, Happening, Note
from cluster_cli.drills.site import Site
from infra.context import Context

POLL = 0.02


class Strike:
    """Carries one fault through its life; every step is an event of the history."""

    def __init__(
        self, ctx: Context, fault: Fault, target: Target, plan: RunPlan, recorder: Recorder, clock: Clock
    ) -> None:
        self.fault, self.target = fault, target
        self._ctx, self._site, self._plan = ctx, Site(ctx), plan
        self._recorder, self._clock = recorder, clock
        self._armed: armory.Armed | None = None
        self._thread = threading.Thread(target=self._strike, daemon=True)
        self._given_up = threading.Event()
        self.error: Exception | None = None
        self._memo: Memo = {}
        self.landed: float | None = None

    def begin(self) -> None:
        """Arm on disk, then inject and look for the proof in a thread of its own."""
        memo: Memo = {"sabotage": self._plan.sabotage} if self._plan.sabotage else {}
        self._armed = armory.arm(self._ctx, self.fault.name, self._plan.run_id, self.target, memo)
        self._event("armed")
        self._thread.start()

    @property
    def pending(self) -> bool:
        """False when the fault is proved, or its proof is given up, or the injection failed (`error`)."""
        return self._thread.is_alive()

    def lift(self) -> None:
        """Undo the fault once; nothing when it was never armed or is lifted already.

        A proof that is still looked for is given up. An undo that fails is remarked in the history and leaves
        the fault armed, for `drill undo`.
        """
        armed, self._armed = self._armed, None
        if armed is None:
            return
        self._given_up.set()
        if self._thread.is_alive():  # a signal may have come before it was started
            self._thread.join()
        try:
            self.fault.undo(self._site, self.target, armed.memo)
        except Exception as error:
            self._recorder.add(Note(self._clock.now(), f"undo of {self.fault.name} failed: {error}"))
            return
        armed.forget()
        self._event("lifted")

    def _strike(self) -> None:
        armed = self._armed
        if armed is None or self._given_up.is_set():  # lifted before the thread had begun
            return
        try:
            self._memo = armed.memo
            self._event("injected")
            with ThreadPoolExecutor(1) as pool:
                injection = pool.submit(self.fault.inject, self._site, self.target, armed.memo)
                if not self.fault.planned:
                    injection.result()
                self._prove(armed.memo, injection)
                injection.result()
        except Exception as error:
            self.error = error

    def _prove(self, memo: Memo, injection: Future[None]) -> None:
        end = time.monotonic() + self.fault.proof_timeout
        while time.monotonic() < end and not self._given_up.is_set():
            if injection.done() and injection.exception() is not None:
                return
            evidence = self.fault.prove(self._site, self.target, memo)
            if evidence is not None:
                self._event("landed", evidence)
                return
            time.sleep(POLL)

    def _event(self, name: Happening, evidence: str = "") -> None:
        now = self._clock.now()
        if name == "landed":
            self.landed = now
        self._recorder.add(FaultEvent(now, self.fault.name, name, self.target.words, evidence))

    def rollback(self) -> Rollback | None:
        """What the rollback files hold and when the old primary died, for the drill that provokes that."""
        if self.fault.rollback is None:
            return None
        files = self.fault.rollback(self._site, self.target, self._memo)
        moments = [float(self._memo[key]) for key in (KILL_BEGAN, KILL_DONE) if key in self._memo]
        began_done = [self._clock.run_time(moment) for moment in moments]
        return Rollback(files, (began_done[0], began_done[1]) if len(began_done) == 2 else None)

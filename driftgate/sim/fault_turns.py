"""Which fault the next request gets, and how often each was given."""

from driftgate.sim.dice import Dice
from driftgate.sim.fault_text import parse
from driftgate.sim.faults import Fault

_REMEMBERED = 10_000


class Faults:
    """The faults of one server. seed: of the draws for `rate` and for one of several."""

    def __init__(self, text: str = "", seed: int = 0) -> None:
        self._given: dict[Fault, int] = {}
        self._dice = Dice("fault", seed)
        self._requests = 0
        self.text = ""
        self._standing: tuple[Fault, ...] = ()
        self.set(text)

    def set(self, text: str) -> None:
        """The faults of every model call from now on; an empty text ends them.

        Raises:
            FaultError: as `parse`.
        """
        self._standing = parse(text)
        self.text = text.strip()
        for fault in self._standing:
            self._given.pop(fault, None)

    def take(self, header: str | None, path: str, *, model_call: bool) -> Fault | None:
        """The fault of this request, counted as given.

        Raises:
            FaultError: as `parse`, for the header.
        """
        asked = parse(header) if header else ()
        self._requests += model_call
        for place, fault in enumerate((*asked, *self._standing)):
            meant = path.endswith(fault.path) if fault.path else fault in asked or model_call
            if meant and self._left(fault) and self._hit(fault, place):
                self._count(fault)
                return self._drawn(fault)
        return None

    def _left(self, fault: Fault) -> bool:
        return fault.times is None or self._given.get(fault, 0) < fault.times

    def _hit(self, fault: Fault, place: int) -> bool:
        return self._dice.fraction(f"{self._requests} {place}") < fault.rate

    def _drawn(self, fault: Fault) -> Fault:
        if not fault.one_of:
            return fault
        return fault.one_of[self._dice.number(f"one of {self._requests}") % len(fault.one_of)]

    def _count(self, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault not in self._given and len(self._given) >= _REMEMBERED:
            self._given.pop(next(iter(self._given)))
        self._given[fault] = self._given.get(fault, 0) + 1

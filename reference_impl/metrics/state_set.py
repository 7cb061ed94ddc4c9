"""A metric for states: of each thing that has one, a series for every state, and exactly one of them is 1.

`prometheus_client.Enum` does not do: it names the label like the metric, and forgets no thing. A gauge for each state does
not do either: a scrape between two `set` would see no state, or two.
"""

from collections.abc import Iterable, Sequence
from threading import Lock

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from reference_impl.metrics.labels import Closed


class StateSet(Collector):
    """Knows the state of each thing; `labels` name the thing. Safe from any thread."""

    def __init__(
        self,
        name: str,
        text: str,
        states: Closed,
        registry: CollectorRegistry,
        *,
        labels: Sequence[str] = (),
        state: str = "state",
    ) -> None:
        self._name = name
        self._text = text
        self._states = states
        self._labels = (*labels, state)
        self._current: dict[tuple[str, ...], str] = {}
        self._lock = Lock()
        registry.register(self)

    def set(self, state: str, *thing: str) -> None:
        """The thing is in that state now."""
        with self._lock:
            self._current[thing] = self._states.value(state)

    def forget(self, *thing: str) -> None:
        """The thing is gone, and so are its series."""
        with self._lock:
            self._current.pop(thing, None)

    def describe(self) -> Iterable[Metric]:
        """Return the metric without its series: the registry asks which names are taken."""
        return [self._family()]

    def collect(self) -> Iterable[Metric]:
        """Return every series at one moment."""
        with self._lock:
            current = dict(self._current)
        family = self._family()
        for thing, is_in in current.items():
            for state in self._states.values:
                family.add_metric((*thing, state), 1.0 if state == is_in else 0.0)
        return [family]

    def _family(self) -> GaugeMetricFamily:
        return GaugeMetricFamily(self._name, self._text, labels=self._labels)

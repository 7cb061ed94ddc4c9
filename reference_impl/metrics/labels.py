"""Values of labels: closed sets, so that nobody can fill the memory of whoever scrapes (open-policy-agent/opa#4584)."""

from collections.abc import Iterable

OTHER = "other"


class Closed:
    """A closed set of values; any other value is `other`."""

    def __init__(self, values: Iterable[str]) -> None:
        self.values = (*(str(value) for value in values), OTHER)
        self._known = {value: value for value in self.values}

    def value(self, given: str) -> str:
        """Return the value as the label has it."""
        return self._known.get(given, OTHER)


class Bounded:
    """The first so many values, of which places become free again; any other value is `other`. Not safe from threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: set[str] = set()

    def take(self, given: str) -> str:
        """Return the value as the label has it, which has a place from now on where there is one."""
        if given not in self._taken and len(self._taken) < self._most:
            self._taken.add(given)
        return given if given in self._taken else OTHER

    def free(self, given: str) -> bool:
        """Give a place back; tell whether the value had one."""
        if given not in self._taken:
            return False
        self._taken.remove(given)
        return True

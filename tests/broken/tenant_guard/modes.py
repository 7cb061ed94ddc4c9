"""Guards that call their mode by another name than the configured one: TNT-001."""

from pytest_policy_contracts import GuardConfig, GuardMode
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import AsyncGuard, GuardHarness, SyncGuard


class ModeIsTheDefault(SyncGuard):
    """Shows the default of its class, which the constructor never replaces."""

    shown_mode = GuardMode.STRICT

    @property
    def mode(self) -> object:
        return self.shown_mode


class ModeInOtherWords(AsyncGuard):
    """Shows the mode as the product's pages call it."""

    words = {GuardMode.STRICT: "enforce", GuardMode.LENIENT: "monitor", GuardMode.DISABLED: "off"}

    @property
    def mode(self) -> object:
        return self.words[self._mode]


class LenientShownAsDisabled(AsyncGuard):
    """Shows whether it denies, and forgets that there is a mode in between."""

    @property
    def mode(self) -> object:
        return GuardMode.STRICT if self._mode is GuardMode.STRICT else GuardMode.DISABLED


class ModeIsTheDefaultContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> ModeIsTheDefault:
        return ModeIsTheDefault(config, publish)


class ModeInOtherWordsContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> ModeInOtherWords:
        return ModeInOtherWords(config, publish)


class LenientShownAsDisabledContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> LenientShownAsDisabled:
        return LenientShownAsDisabled(config, publish)


SUBJECTS = [
    Broken(ModeIsTheDefaultContract, ("TNT-001",), "mode is <guardmode.strict: 'strict'>"),
    Broken(ModeInOtherWordsContract, ("TNT-001",), "mode is 'enforce'"),
    Broken(LenientShownAsDisabledContract, ("TNT-001",), "mode is <guardmode.disabled: 'disabled'>"),
]

"""Whitelists that allow what is not in them, or record what is: TNT-005.

Each compares two well-formed ids of a cross-tenant access, and nothing else, in a way of its own.
"""

import unicodedata
from fnmatch import fnmatchcase
from functools import partial
from hashlib import sha256

from pytest_policy_contracts import GuardConfig, GuardMode, TenantViolation
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import AsyncGuard, Guard, GuardHarness, SyncGuard, crosses_between_ids


class Formed(Guard):
    """Brings both ids into a form before it compares them; the form is the mistake."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._pairs = frozenset((self._form(tenant), self._form(target)) for tenant, target in self._pairs)

    def _form(self, value: str) -> str:
        raise NotImplementedError

    def _whitelisted(self, tenant: str, target: str) -> bool:
        return (self._form(tenant), self._form(target)) in self._pairs


class FoldsCase(Formed, SyncGuard):
    """Takes ids that differ in case for one."""

    def _form(self, value: str) -> str:
        return value.casefold()


class StripsSpace(Formed, AsyncGuard):
    """Takes ids that differ in the space around them for one."""

    def _form(self, value: str) -> str:
        return value.strip()


class NormalisesUnicode(Formed, SyncGuard):
    """Takes ids that look the same for one."""

    def _form(self, value: str) -> str:
        return unicodedata.normalize("NFC", value)


class Joined(Guard):
    """Joins the two ids of a pair into one key; the separator may be part of an id."""

    separator = ""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._keys = frozenset(self._key(*pair) for pair in self._pairs)

    def _key(self, tenant: str, target: str) -> str:
        return f"{tenant}{self.separator}{target}"

    def _whitelisted(self, tenant: str, target: str) -> bool:
        return self._key(tenant, target) in self._keys


class JoinsWithColon(Joined, AsyncGuard):
    """Keys its whitelist by `tenant:target`."""

    separator = ":"


class JoinsWithSlash(Joined, SyncGuard):
    """Keys its whitelist by `tenant/target`."""

    separator = "/"


class HashesWithoutSeparator(Joined, AsyncGuard):
    """Keys its whitelist by the digest of one id after the other."""

    def _key(self, tenant: str, target: str) -> str:
        digest = sha256(tenant.encode("utf-8", "surrogatepass"))
        digest.update(target.encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


class PerTenant(Guard):
    """Holds the targets of each tenant in a tuple."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._targets: dict[str, tuple[str, ...]] = {}
        for tenant, target in sorted(self._pairs):
            self._targets[tenant] = (*self._targets.get(tenant, ()), target)


class MatchesPatterns(PerTenant, AsyncGuard):
    """Reads the targets in its whitelist as shell patterns."""

    def _whitelisted(self, tenant: str, target: str) -> bool:
        return any(map(partial(fnmatchcase, target), self._targets.get(tenant, ())))


class MatchesPrefixes(PerTenant, SyncGuard):
    """Reads the targets in its whitelist as the roots of what may be reached."""

    def _whitelisted(self, tenant: str, target: str) -> bool:
        return target.startswith(self._targets.get(tenant, ()))


class SearchesInText(PerTenant, AsyncGuard):
    """Searches in the text of its setting for a comma and the target, and not for what ends it."""

    def _whitelisted(self, tenant: str, target: str) -> bool:
        return f",{target}" in "".join(f",{one}" for one in self._targets.get(tenant, ()))


class GoesBothWays(SyncGuard):
    """Takes sharing for mutual."""

    def _whitelisted(self, tenant: str, target: str) -> bool:
        return (tenant, target) in self._pairs or (target, tenant) in self._pairs


class FriendsOfFriends(SyncGuard):
    """Follows the whitelist of the whitelisted, one step."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        further = {(one, end) for one, middle in self._pairs for start, end in self._pairs if start == middle}
        self._pairs |= further


class TwoLists(AsyncGuard):
    """Keeps a list of those who may share and one of what is shared, and not which belong together."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._tenants = frozenset(tenant for tenant, _ in self._pairs)
        self._shared = frozenset(target for _, target in self._pairs)

    def _whitelisted(self, tenant: str, target: str) -> bool:
        return tenant in self._tenants and target in self._shared


class OneTargetEach(SyncGuard):
    """Has room for one target of each tenant, and denies the others."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._pairs = frozenset(dict(sorted(self._pairs)).items())


class RecordsWhatItAllows(AsyncGuard):
    """Allows what is whitelisted, and keeps a record of it among the violations."""

    async def validate_access(self, asked: TenantViolation) -> None:
        if self._mode is not GuardMode.DISABLED and crosses_between_ids(asked):
            if asked.tenant_id != asked.target_id and self._whitelisted(asked.tenant_id, asked.target_id):
                await self._keep(self._copy_in(asked))
                return
        await super().validate_access(asked)


class FoldsCaseContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> FoldsCase:
        return FoldsCase(config, publish)


class StripsSpaceContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> StripsSpace:
        return StripsSpace(config, publish)


class NormalisesUnicodeContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> NormalisesUnicode:
        return NormalisesUnicode(config, publish)


class JoinsWithColonContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> JoinsWithColon:
        return JoinsWithColon(config, publish)


class JoinsWithSlashContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> JoinsWithSlash:
        return JoinsWithSlash(config, publish)


class HashesWithoutSeparatorContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> HashesWithoutSeparator:
        return HashesWithoutSeparator(config, publish)


class MatchesPatternsContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> MatchesPatterns:
        return MatchesPatterns(config, publish)


class MatchesPrefixesContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> MatchesPrefixes:
        return MatchesPrefixes(config, publish)


class SearchesInTextContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> SearchesInText:
        return SearchesInText(config, publish)


class GoesBothWaysContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> GoesBothWays:
        return GoesBothWays(config, publish)


class FriendsOfFriendsContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> FriendsOfFriends:
        return FriendsOfFriends(config, publish)


class TwoListsContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> TwoLists:
        return TwoLists(config, publish)


class OneTargetEachContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> OneTargetEach:
        return OneTargetEach(config, publish)


class RecordsWhatItAllowsContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> RecordsWhatItAllows:
        return RecordsWhatItAllows(config, publish)


SUBJECTS = [
    Broken(FoldsCaseContract, ("TNT-005",), "'café-strasse-7' to 'globex-éfin-4'"),
    Broken(StripsSpaceContract, ("TNT-005",), "'café-straße-7 ' to 'globex-éfin-4'"),
    Broken(NormalisesUnicodeContract, ("TNT-005",), "'cafe\u0301-straße-7' to 'globex-éfin-4'"),
    Broken(JoinsWithColonContract, ("TNT-005",), "'n0' to 'west:east0'"),
    Broken(JoinsWithSlashContract, ("TNT-005",), "'n1' to 'west/east1'"),
    Broken(HashesWithoutSeparatorContract, ("TNT-005",), "'n20' to 'westeast20'"),
    Broken(MatchesPatternsContract, ("TNT-005",), "'acme-7' to 'globex-4'"),
    Broken(MatchesPrefixesContract, ("TNT-005",), "'café-straße-7' to 'globex-éfin-4 '"),
    Broken(SearchesInTextContract, ("TNT-005",), "'café-straße-7' to 'globex-éfin-'"),
    Broken(GoesBothWaysContract, ("TNT-005",), "'globex-éfin-4' to 'café-straße-7'"),
    Broken(FriendsOfFriendsContract, ("TNT-005",), "'acme-7' to 'globex-4'"),
    Broken(TwoListsContract, ("TNT-005",), "'acme-7' to 'globex-4'"),
    Broken(OneTargetEachContract, ("TNT-005",), "'café-straße-7' may not reach 'initech-2'"),
    Broken(
        RecordsWhatItAllowsContract, ("TNT-005",), "recorded: high cross_tenant of 'café-straße-7' to 'globex-éfin-4'"
    ),
]

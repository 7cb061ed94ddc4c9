"""Which errors are likely to be right again soon."""

from collections.abc import Collection

from pytest_policy_contracts.contracts import TemporaryError


def is_temporary(error: BaseException, *, above: Collection[int] = ()) -> bool:
    """Tell whether an error says that it is temporary, or one that it came from does [AGG-004].

    A group is temporary if everything in it is: what it came from is not asked, because a task group that fails with
    lasting errors may have been left by a temporary one. Of cause and context the one counts that a traceback shows.
    `above` are the identities of the errors that led here: such chains can run in circles.
    """
    met = set(above)
    link: BaseException | None = error
    while link is not None and id(link) not in met:
        met.add(id(link))
        if _says_so(link):
            return True
        if isinstance(link, BaseExceptionGroup):
            return all(is_temporary(one, above=met) for one in link.exceptions)
        link = _origin(link)
    return False


def _says_so(error: BaseException) -> bool:
    if isinstance(error, TemporaryError):
        return True
    try:
        return bool(getattr(error, "temporary", False))
    except Exception:  # the attribute may be anybody's property
        return False


def _origin(error: BaseException) -> BaseException | None:
    if error.__cause__ is not None or error.__suppress_context__:
        return error.__cause__
    return error.__context__

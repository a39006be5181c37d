"""What a call has come to, carried from a thread to the event loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

Result = TypeVar("Result")


@dataclass(slots=True)
class Outcome(Generic[Result]):
    """The result or the exception of a call.

    A future that raises would be kept, with all frames of the call and the pictures in them, by its own traceback
    until the collector comes.
    """

    result: Result | None = None
    error: BaseException | None = None

    @classmethod
    def of(cls, call: Callable[[], Result]) -> Outcome[Result]:
        """Run the call."""
        try:
            return cls(result=call())
        except BaseException as error:  # noqa: BLE001 - it is raised again by `taken`
            return cls(error=error)

    def taken(self) -> Result:
        """Return or raise it, once."""
        error, self.error = self.error, None
        try:
            if error is not None:
                raise error
        finally:
            del error
        return cast("Result", self.result)

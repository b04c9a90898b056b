"""Policies that guard callables."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from skillgate import _engine
from skillgate.errors import SecurityError

P = ParamSpec("P")
R = TypeVar("R")


class Policy(_engine.Policy):
    """Scopes that are allowed and denied, compiled once.

    A malformed deny raises ValueError; a malformed allow grants nothing and is listed in `malformed`.
    """

    def guard(
        self, tool: str, *, skill: str | None = None
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Checks each call of a function, sync or async, with its arguments by their names.

        Raises SecurityError before the function begins.
        """

        def decorate(function: Callable[P, R]) -> Callable[P, R]:
            signature = inspect.signature(function)
            name = skill or str(getattr(function, "__qualname__", type(function).__qualname__))

            def require(*args: P.args, **kwargs: P.kwargs) -> None:
                bound = signature.bind(*args, **kwargs)
                bound.apply_defaults()
                arguments = dict(bound.arguments)
                for parameter in signature.parameters.values():
                    if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                        arguments.update(arguments.pop(parameter.name))
                decision = self.check(tool, **arguments)
                if not decision:
                    wanted = decision.nearest_grant or tool
                    raise SecurityError(name, tool, wanted, decision.why)

            if inspect.iscoroutinefunction(function):

                @functools.wraps(function)
                async def guarded_later(*args: P.args, **kwargs: P.kwargs) -> object:
                    require(*args, **kwargs)
                    return await function(*args, **kwargs)

                return cast("Callable[P, R]", guarded_later)

            @functools.wraps(function)
            def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
                require(*args, **kwargs)
                return function(*args, **kwargs)

            return guarded

        return decorate

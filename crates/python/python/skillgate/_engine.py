"""The native module, or what denies in its place."""

import sys
import warnings
from typing import TYPE_CHECKING

NATIVE_FAULT: str | None = None
"""Why the native module cannot be used; everything is denied then."""

if TYPE_CHECKING:
    from skillgate._native import Decision, Gate, Policy, check_permission, main
else:
    try:
        from skillgate import _native
        from skillgate._native import Decision, Gate, Policy, check_permission, main

        # An interpreter without a name (one that is embedded) cannot be the sandbox's launcher; nothing runs then.
        _native.use_launcher(sys.executable or "/dev/null", _native.__file__)
    except (ImportError, AttributeError) as error:
        from skillgate import _denial

        NATIVE_FAULT = f"skillgate's native module cannot be loaded, so everything is denied: {error}"
        warnings.warn(NATIVE_FAULT, RuntimeWarning, stacklevel=2)
        _denial.FAULT = NATIVE_FAULT
        from skillgate._denial import Decision, Gate, Policy, check_permission, main

__all__ = ["NATIVE_FAULT", "Decision", "Gate", "Policy", "check_permission", "main"]

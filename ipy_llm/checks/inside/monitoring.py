"""Following running code from Python 3.12 on: each code tells of itself once, until it is asked again."""

from __future__ import annotations

import sys
from typing import Any

# tests replace it
_getframe = sys._getframe  # noqa: SLF001 - there is no other way to a frame


class Monitoring:
    """What a tracer asks, by `sys.monitoring`."""

    def __init__(self, tracer: Any) -> None:
        self._tracer = tracer
        self._tool = -1
        self._api: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]

    def start(self) -> bool:
        """Begin; say whether there was room for one more tool."""
        for tool in (4, 3, 2):
            try:
                self._api.use_tool_id(tool, "ipy_llm")
            except ValueError:
                continue
            self._tool = tool
            break
        else:
            return False
        events = self._api.events
        for event, callback in (
            (events.PY_START, self._started),
            (events.PY_RESUME, self._started),
            (events.PY_RETURN, self._returned),
            (events.PY_YIELD, self._returned),
            (events.PY_UNWIND, self._unwound),
        ):
            self._api.register_callback(self._tool, event, callback)
        self._api.set_events(self._tool, events.PY_START | events.PY_RESUME | events.PY_UNWIND)
        return True

    def stop(self) -> None:
        """End."""
        self._api.set_events(self._tool, 0)
        self._api.free_tool_id(self._tool)

    def restart(self) -> None:
        """Let every code tell of itself once more."""
        self._api.restart_events()

    def _started(self, code: Any, offset: int) -> Any:  # noqa: ARG002
        tracer = self._tracer
        if tracer.ran(code, _getframe(1)):
            events = self._api.events
            self._api.set_local_events(self._tool, code, events.PY_RETURN | events.PY_YIELD)
            return None  # and told of again at its next call
        return None if tracer.is_watched(code) else self._api.DISABLE

    def _returned(self, code: Any, offset: int, value: Any) -> Any:  # noqa: ARG002
        self._tracer.returned(code)

    def _unwound(self, code: Any, offset: int, error: BaseException) -> Any:  # noqa: ARG002
        self._tracer.returned(code)

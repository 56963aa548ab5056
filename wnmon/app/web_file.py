"""The web configuration of a running service: as it is now, or as it was when it was last good."""

from __future__ import annotations

import asyncio
from pathlib import Path

from wnmon.config import BrokenConfigError, load_web_config
from wnmon.engine.web_config import NO_WEB_CONFIG, WebConfig
from wnmon.model.said import Text


class WebFile:
    """What may be read anew. `current` may be asked for by any thread."""

    def __init__(self, path: Path | None, config: WebConfig = NO_WEB_CONFIG) -> None:
        self._path = path
        self.current = config
        self.files = config.files

    async def reload(self) -> tuple[Text, ...]:
        """Read it anew; return what is wrong with it, in which case nothing changes but which files are watched."""
        if self._path is None:
            return ()
        try:
            config = await asyncio.to_thread(load_web_config, self._path)
        except BrokenConfigError as wrong:
            self.files = tuple(dict.fromkeys((*self.current.files, *wrong.files)))
            return wrong.problems
        self.current, self.files = config, config.files
        return ()

"""Write the boards as Classic JSON, the only model Grafana's file provisioning takes: `generate.py [FOLDER]`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from overview import overview
from pieces import Say

HERE = Path(__file__).parent


def english(en: str, _zh: str) -> str:
    """Choose the English text."""
    return en


def chinese(_en: str, zh: str) -> str:
    """Choose the Chinese text."""
    return zh


BOARDS: dict[str, tuple[Say, str]] = {
    "wnmon-overview.json": (english, "wnmon-overview"),
    "zh/wnmon-overview.json": (chinese, "wnmon-overview-zh"),
}


def write(folder: Path) -> None:
    """Write every board below the folder."""
    for name, (say, uid) in BOARDS.items():
        board = json.loads(json.dumps(overview(say, uid=uid).build(), cls=JSONEncoder))
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"id": None, **board}, ensure_ascii=False, indent=1, sort_keys=True)
        path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)

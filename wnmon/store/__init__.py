"""What wnmon remembers over restarts: one SQLite file in a folder of its own. The only package that speaks SQL."""

from wnmon.store.database import Refused
from wnmon.store.keeper import Keeper, open_keeper
from wnmon.store.place import Place, state_folder
from wnmon.store.transcripts import Packed

__all__ = ["Keeper", "Packed", "Place", "Refused", "open_keeper", "state_folder"]

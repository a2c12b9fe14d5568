"""What identity hears from the others: nothing yet."""

from typing import Final

from services.chassis.bus import Listener
from services.identity.store import Identity

listen: Final[Listener[Identity]] = Listener()

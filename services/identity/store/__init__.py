"""Everything identity keeps."""

from services.identity.store.accounts import Receipt
from services.identity.store.identity import Identity

__all__ = ["Identity", "Receipt"]

"""Everything identity keeps."""

from services.identity.store.identity import Identity, Receipt

__all__ = ["Identity", "Receipt"]

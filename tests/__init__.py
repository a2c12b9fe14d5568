"""Tests: unit and contract and architecture need nothing; the others run on a platform of their own."""

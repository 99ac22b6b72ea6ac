"""What the Resources tab shows and does: see model.py for how a service is declared."""

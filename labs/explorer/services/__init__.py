"""The services: one module each, found by walking this package. See labs/explorer/model.py."""

"""Kept data: what the services' actions, resources and condition keys are. Made by make.py; see LICENSE.txt."""

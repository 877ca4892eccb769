"""The first host: set-up of the checkout, launch files and runner, and the running graph as a
session.
"""

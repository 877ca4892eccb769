"""Scripted programs that make demonstrations; they read object states that a policy never
sees.
"""

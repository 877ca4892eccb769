"""Failure detector: will this attempt fail, as far as the policy's own activations tell?"""

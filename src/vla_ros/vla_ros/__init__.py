"""What every node shares: the managed node shell, parameters from dataclasses, the topic table
with its QoS profiles, and the conversion between messages and records."""

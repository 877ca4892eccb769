"""How CDR lays out what the stack sends at 100 Hz: little-endian, aligned to each number's size.

`from_bytes` and `to_bytes` read and write it past rclpy's Python messages, several times quicker.
"""

from __future__ import annotations

from struct import Struct

PLAIN = b'\0\1\0\0'  # encapsulation: CDR, little-endian; alignment counts from behind it
BODY = len(PLAIN)
COUNT, TIME = Struct('<I'), Struct('<iI')
ASKED = Struct('<dB7xqiI')  # of a target: opening, source, chunk and its time
VOTE = Struct('<qB7x2d')  # seq, level, speed scale, time to live
CYCLE = Struct('<QBB')  # number, state, decision
STEP = Struct('<4dqiI')  # margin, change, speed scale, separation, chunk and its time
LOOP = Struct('<2d')  # of the cycle: its work, its period

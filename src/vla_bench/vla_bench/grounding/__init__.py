"""How far is perception from the simulator's truth?"""

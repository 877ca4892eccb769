"""Does a new instruction or a cancel in the middle of a task end cleanly?"""

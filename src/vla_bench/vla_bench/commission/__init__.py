"""Does commissioning find and name planted mistakes, and nothing on a clean robot?"""

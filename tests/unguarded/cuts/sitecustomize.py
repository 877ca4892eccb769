"""Python reads this in every process of a graph under test: guards are cut out of it while it
runs, and put back. It needs this folder on PYTHONPATH; nothing in the product can do that."""

import os
import threading

ORDERS = os.environ.get('VLA_TEST_CUTS', '')  # file with a line for each guard to be without


def main():
    from guards import follow  # beside this

    follow(ORDERS)


if ORDERS:
    threading.Thread(target=main, name='cuts', daemon=True).start()

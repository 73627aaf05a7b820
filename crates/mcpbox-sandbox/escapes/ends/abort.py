# attack: abort the process
# expect: aborted
# layers: supervisor
import os


def main(canary):
    os.abort()

# attack: shut down one direction of the call socket and hang
# expect: closed its channel
# layers: supervisor
import socket
import time


def main(canary):
    call = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=3)
    call.shutdown(socket.SHUT_WR)
    time.sleep(60)

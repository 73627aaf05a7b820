# attack: compute for ever on every processor
# expect: cpu
# layers: limits supervisor
import hashlib
import threading


def main(canary):
    data = bytes(1 << 20)

    def work():
        while True:
            hashlib.sha256(data)

    for _ in range(4):
        threading.Thread(target=work, daemon=True).start()
    work()

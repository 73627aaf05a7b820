# attack: read the memory of a process of the same user through its file
# expect: ENOENT | EACCES
# layers: root landlock
def main(canary):
    with open(f"/proc/{canary['pid']}/mem", "rb", buffering=0) as file:
        file.seek(canary["address"])
        return file.read(canary["length"]).decode()

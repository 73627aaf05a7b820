# attack: append to a file of the host
# expect: ENOENT | EACCES
# layers: root landlock
def main(canary):
    with open(canary["victim"], "a") as file:
        file.write("changed")
    return "changed"

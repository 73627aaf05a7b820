# what: Splits a network.
import ipaddress
import itertools


def main(network: str, prefix: int, limit: int = 64) -> list[str]:
    """List the subnets of a network."""
    subnets = ipaddress.ip_network(network).subnets(new_prefix=prefix)
    return [str(subnet) for subnet in itertools.islice(subnets, limit)]
